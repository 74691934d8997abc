"""Servers that misbehave: a clear error, in time, and the next call is served."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aether_agents.errors import ServerDown
from aether_agents.mcp_host.pool.pool import PROBE_TIMEOUT
from aether_agents.mcp_host.session.call_result import CallKind
from aether_agents.process.redaction import MASK
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost, servers_running
from tests.servers import spec

MIB = 1 << 20
TOKEN = "tok-en/987654"


@pytest.mark.parametrize(
    ("mode", "kind", "sent", "words"),
    [
        ("exits", "transport", False, "ended with exit code 1"),
        ("exits", "transport", False, "No module named 'mcp.server.fastmcp'"),
        ("exits", "transport", False, "add `mcp<2` to `install.with`"),
        ("prints", "transport", False, "Welcome to the printing server"),
        ("pages", "transport", False, "lists its tools without end"),
        ("dies", "transport", True, "MemoryError: out of memory"),
        ("shuts", "transport", True, "ended during `call`; it may have run"),
        ("endless", "transport", True, "wrote one message without end"),
        ("broken", "tool_error", True, "not valid MCP"),
        ("minus32000", "tool_error", True, "quota exceeded"),
    ],
)
def test_what_a_call_comes_to(open_host: OpenHost, mode: str, kind: CallKind, sent: bool, words: str) -> None:
    host = open_host(spec("raw", mode, name=mode), message=MIB)

    result = host.call(mode, "call", timeout=20)

    assert (result.kind, result.sent) == (kind, sent)
    assert words in str(result.error)


@pytest.mark.parametrize("mode", ["banner", "latin", "surrogate", "noisy"])
def test_what_is_merely_untidy_works(open_host: OpenHost, mode: str) -> None:
    host = open_host(spec("raw", mode, name=mode))

    results = [host.call(mode, "call", timeout=20) for _ in range(3)]

    assert all(result.ok for result in results), results
    assert str(results[0].output).startswith(("caf", "ok"))


@pytest.mark.parametrize("method", ["sampling/createMessage", "roots/list"])
def test_a_server_that_asks_for_something_is_refused_and_does_not_hang(open_host: OpenHost, method: str) -> None:
    host = open_host(spec("raw", "asks", method, name="asks"))

    assert host.call("asks", "call", timeout=10).output == "refused"


def test_a_server_that_asks_a_person_is_told_at_once_that_nobody_chose(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "asks", "elicitation/create", name="asks"))

    result = host.call("asks", "call", timeout=10)

    assert (result.kind, result.error) == ("asked", '{"action": "cancel"}')
    assert result.asked is not None
    assert result.asked.message == "Sure?"


def test_a_server_that_never_answers_costs_its_own_time_limit_only(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "silent", name="silent", timeout=0.5))

    began = time.monotonic()
    result = host.call("silent", "call", timeout=20)

    assert time.monotonic() - began < 2
    assert (result.kind, result.sent) == ("transport", False)
    assert "did not answer within 0.5 s" in str(result.error)
    assert "`mode: legacy`" in str(result.error)


def test_a_server_that_ignores_the_newer_protocol_is_asked_it_only_once(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "ignores", name="old"), idle=0.2)

    first = host.call("old", "call", timeout=10)  # costs the SDK's ten seconds
    eventually(lambda: not servers_running())
    began = time.monotonic()
    second = host.call("old", "call", timeout=10)

    assert first.ok
    assert second.ok
    assert time.monotonic() - began < 5


def test_many_who_wait_for_one_server_share_its_failure(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "silent", name="silent", timeout=1))

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: host.call("silent", "call", timeout=10), range(8)))

    assert {result.kind for result in results} == {"transport"}
    assert time.monotonic() - began < 4, "one after the other it would have been eight seconds"


def test_a_program_that_is_not_there_is_named_with_its_file(open_host: OpenHost) -> None:
    missing = spec("raw", name="missing").model_copy(update={"command": "no-such-program", "source": "x/.mcp.json"})

    result = open_host(missing).call("missing", "call", timeout=5)

    assert "the program `no-such-program` is not there" in str(result.error)
    assert "x/.mcp.json" in str(result.error)


@pytest.mark.parametrize("id_last", [False, True])
def test_an_answer_over_the_limit_fails_alone_and_the_session_goes_on(open_host: OpenHost, id_last: bool) -> None:
    host = open_host(spec("raw", "huge", name="huge"))
    host.call("huge", "call", {"bytes": 1}, timeout=10)

    began = time.monotonic()
    over = host.call("huge", "call", {"bytes": 20 * MIB, "id_last": id_last}, timeout=30)
    took = time.monotonic() - began
    after = host.call("huge", "call", {"bytes": 3}, timeout=1)

    assert over.kind == "tool_error"
    assert "16,777,216 is the most" in str(over.error)
    assert took < 10
    assert after.output == "xxx", "usable again at once"


def test_an_answer_of_nearly_the_limit_is_read_in_linear_time(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "huge", name="huge"), message=24 * MIB)

    began = time.monotonic()
    result = host.call("huge", "call", {"bytes": 20 * MIB}, timeout=30)

    assert len(str(result.output)) == 20 * MIB
    assert time.monotonic() - began < 10, "the SDK's own reader takes longer, on a machine with nothing else to do"


def test_a_stuck_server_is_replaced_before_it_is_used_again(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "stuck", name="stuck"))

    stuck = host.call("stuck", "call", timeout=0.3)
    began = time.monotonic()
    after = host.call("stuck", "call", {"free": True}, timeout=5)

    assert stuck.kind == "timeout"
    assert after.output == "free"
    assert time.monotonic() - began < PROBE_TIMEOUT + 3


def test_a_server_that_keeps_failing_is_left_alone_for_a_while(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "exits", name="exits"))

    errors = [str(host.call("exits", "call", timeout=5).error) for _ in range(4)]

    assert "failed 3 times; next try in" in errors[3]
    assert "No module named" in errors[3], "and still says why"


def test_listing_the_tools_of_a_broken_server_raises_with_its_last_words(open_host: OpenHost) -> None:
    with pytest.raises(ServerDown, match="No module named"):
        open_host(spec("raw", "exits", name="exits")).tools("exits")


def test_an_answer_of_a_call_that_has_run_is_kept_whatever_its_output_schema_says(open_host: OpenHost) -> None:
    result = open_host(spec("raw", "mismatched", name="mismatched")).call("mismatched", "call", timeout=20)

    assert (result.kind, result.output) == (None, {})
    assert "'many' is not of type 'integer'" in result.notes[0]
    assert '{"count": "many"}' in result.notes[-1]


def test_an_answer_without_shape_is_kept_as_text(open_host: OpenHost) -> None:
    result = open_host(spec("raw", "shapeless", name="shapeless")).call("shapeless", "call", timeout=20)

    assert (result.kind, result.output) == (None, "not a list")
    assert result.notes == ("its `content` is no list", 'a part of the type "str" is kept as text')


def test_a_pattern_of_an_output_schema_holds_nobody(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "patterned", name="patterned"))

    result = host.call("patterned", "call", timeout=20)

    assert result.ok
    assert "aaaa" in result.notes[-1]


@pytest.mark.parametrize("how", ["dies", "protocol", "structured", "text"])
@pytest.mark.parametrize("whose", ["specification", "call"])
def test_no_word_of_a_server_has_what_is_hidden(open_host: OpenHost, how: str, whose: str) -> None:
    hidden = (TOKEN,) if whose == "specification" else ()
    host = open_host(spec("raw", "leaks", name="leaks", env={"TOKEN": TOKEN}, hidden=hidden))

    result = host.call("leaks", "call", {"how": how}, timeout=20, hidden=() if hidden else (TOKEN,))

    assert "987654" not in f"{result.output} {result.error}"
    assert MASK in f"{result.output} {result.error}"


def test_a_long_failure_is_cut_after_what_is_hidden_was_redacted(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "leaks", name="leaks", env={"TOKEN": TOKEN}, hidden=(TOKEN,)))

    for at in range(2_650, 2_670):  # about where a text is cut
        error = str(host.call("leaks", "call", {"how": "failure", "at": at}, timeout=20).error)
        assert "tok" not in error
        assert len(error) < 5_000
        assert "characters left out" in error
