"""What a server's last words mean."""

import json
from urllib.parse import quote

import pytest
from mcp import MCPError

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.session.diagnosis import explain, leaves_of, shorten, why_down
from aether_agents.mcp_host.transport.stderr_tail import KEPT, StderrTail
from aether_agents.process.redaction import MASK, Redactor


class Witness:
    """A server that failed."""

    def __init__(self, stderr: str = "", noise: str = "", status: int | None = None) -> None:
        self.stderr, self.noise, self.status = StderrTail(), StderrTail(), status
        self.stderr.add(stderr.encode())
        self.noise.add(noise.encode())


SECRET = "tok/en-123456"
SPEC = ServerSpec(name="s", command="x", source="p/.mcp.json")


@pytest.mark.parametrize(
    ("stderr", "fix"),
    [
        ("ModuleNotFoundError: No module named 'mcp.server.fastmcp'", "add `mcp<2` to `install.with`"),
        ("AttributeError: 'Server' object has no attribute 'list_resources'", "add `mcp<2` to `install.with`"),
        ("AttributeError: 'Server' object has no attribute 'list_tools'", "add `mcp<2` to `install.with`"),
        ("ImportError: cannot import name 'McpError' from 'mcp'", "add `mcp<2` to `install.with`"),
        ("ModuleNotFoundError: No module named 'pandas'", "name it in `install.with`"),
        ("OSError: [Errno 98] Address already in use", "another program has its port"),
        ("all is well", None),
    ],
)
def test_known_failures_have_a_fix(stderr: str, fix: str | None) -> None:
    found = explain(stderr, "s")

    assert (found is None) if fix is None else fix in str(found)


def test_why_a_server_is_down_has_status_last_words_and_fix() -> None:
    witness = Witness("\n".join(f"line {n}" for n in range(100)) + "\nNo module named 'mcp.server.fastmcp'\n", status=1)

    text = why_down(SPEC, witness, MCPError(-32000, "Connection closed"))

    assert text.startswith("server `s` ended with exit code 1 before it could be used\nits last words:\n")
    assert "line 99" in text
    assert "line 80" not in text
    assert text.endswith("`aether-agent servers install s`")


def test_a_signal_is_told_from_an_exit_code() -> None:
    assert "ended with signal 9" in why_down(SPEC, Witness(status=-9), None)


def test_the_telling_exceptions_come_out_of_their_groups_once() -> None:
    group = ExceptionGroup(
        "unhandled",
        [
            ExceptionGroup("more", [OSError("disk is gone")]),
            MCPError(-32000, "Connection closed"),
            OSError("disk is gone"),
        ],
    )

    assert [type(leaf) for leaf in leaves_of(group)] == [OSError, OSError]
    assert why_down(SPEC, Witness(), group) == "server `s` could not be started: disk is gone"
    assert why_down(SPEC, Witness(), ExceptionGroup("g", [ServerDown("it is so")])) == "it is so"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = "begin " + "x" * 10_000 + " end"

    short = shorten(text, 300)

    assert len(short) < 400
    assert short.startswith("begin")
    assert short.endswith(" end")
    assert "characters left out" in short
    assert shorten("short") == "short"


def test_the_tail_keeps_the_last_bytes_and_hides_what_a_terminal_would_obey() -> None:
    tail = StderrTail(kept=100)
    for number in range(1_000):
        tail.add(f"line {number}\n".encode())
    tail.add(b"\x1b[31mred\xff\n\n")

    assert tail.lines(Redactor(()), 2) == ["line 999", " [31mred\ufffd"]
    assert len(tail.text) <= 100


@pytest.mark.parametrize("written", [SECRET, json.dumps({"t": SECRET}), quote(SECRET, safe="")])
def test_what_came_from_the_environment_is_in_no_word_of_it(written: str) -> None:
    spec = SPEC.model_copy(update={"hidden": (SECRET,)})
    witness = Witness(f"401 for {written}\n", f"debug: {written}\n")

    for failure in (OSError(f"{written} is no host"), ServerDown(f"cannot reach {written}")):
        text = why_down(spec, witness, failure)
        assert "123456" not in text
        assert MASK in text


def test_no_half_of_it_is_left_where_the_text_was_cut() -> None:
    spec = SPEC.model_copy(update={"hidden": (SECRET,)})
    for missing in range(1, len(SECRET)):
        begun = SECRET[missing:] + " was refused"
        witness = Witness("x" * missing + SECRET[:missing] + begun + "y" * (KEPT - len(begun)))
        assert "123456" not in why_down(spec, witness, None)
    long = SPEC.model_copy(update={"hidden": (SECRET,)})
    for at in range(2_600, 2_700):
        assert "123456"[-3:] not in why_down(long, Witness(), OSError("x" * at + SECRET + "x" * 5_000))
