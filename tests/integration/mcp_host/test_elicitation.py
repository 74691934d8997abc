"""What a server asks during a call, in both eras: answered from consent, or handed on; nobody waits."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aether_agents.contracts import Elicited
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.session.call_result import Consent
from tests.integration.mcp_host.conftest import OpenHost
from tests.servers import spec

ERAS = ("older", "newer")


def log_of(folder: Path) -> list[str]:
    """What the server really did."""
    return (folder / "log").read_text(encoding="utf-8").splitlines()


def opened(open_host: OpenHost, folder: Path, era: str) -> Host:
    """A host with a server of one era."""
    (folder / "log").touch()
    mode = "legacy" if era == "older" else "auto"
    return open_host(spec("asking", era, name="asking", mode=mode, env={"COUNT_LOG": str(folder / "log")}))


@pytest.mark.parametrize("era", ERAS)
def test_a_question_ends_the_call_and_the_answer_makes_it_again(open_host: OpenHost, tmp_path: Path, era: str) -> None:
    host = opened(open_host, tmp_path, era)

    first = host.call("asking", "create", {"name": "web"}, timeout=20)
    assert first.asked is not None
    given = Elicited(question=first.asked.digest, values={"region": "tokyo"})
    second = host.call("asking", "create", {"name": "web"}, timeout=20, consent=Consent((given,)))

    assert first.kind == "asked"
    assert first.asked.message == "Where shall web be?"
    assert list(first.asked.fields) == ["region"], "what it can do without is not asked"
    assert not first.asked.confirms
    assert second.output == {"region": "tokyo"}
    assert [line for line in log_of(tmp_path) if line.startswith("created")] == ["created web in tokyo"]


@pytest.mark.parametrize("era", ERAS)
def test_a_plain_confirmation_is_answered_by_the_approval_of_this_call(
    open_host: OpenHost, tmp_path: Path, era: str
) -> None:
    host = opened(open_host, tmp_path, era)

    asked = host.call("asking", "remove", {"name": "old"}, timeout=20)
    done = host.call("asking", "remove", {"name": "old"}, timeout=20, consent=Consent(confirmed=True))
    other = host.call("asking", "create", {"name": "web"}, timeout=20, consent=Consent(confirmed=True))

    assert asked.asked is not None
    assert asked.asked.confirms
    assert done.output == {"status": "removed"}
    assert [line for line in log_of(tmp_path) if line.startswith("removed")] == ["removed old"]
    assert other.kind == "asked", "a yes to the call is no answer to a question"


@pytest.mark.parametrize("era", ERAS)
def test_an_answer_goes_to_its_own_question_only(open_host: OpenHost, tmp_path: Path, era: str) -> None:
    host = opened(open_host, tmp_path, era)
    first = host.call("asking", "create", {"name": "web"}, timeout=20)
    assert first.asked is not None
    given = Consent((Elicited(question=first.asked.digest, values={"region": "tokyo"}),))

    assert host.call("asking", "create", {"name": "other"}, timeout=20, consent=given).kind == "asked"


@pytest.mark.parametrize("era", ERAS)
def test_calls_at_the_same_time_get_their_own_questions(open_host: OpenHost, tmp_path: Path, era: str) -> None:
    """An older server does not say for which call it asks; no answer may reach another call for that."""
    host = opened(open_host, tmp_path, era)
    host.call("asking", "look", {"name": "warm"}, timeout=20)
    names = [f"n{number}" for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda name: host.call("asking", "create", {"name": name}, timeout=20), names))

    for name, result in zip(names, results, strict=True):
        if result.kind == "asked":
            assert result.asked is not None
            assert result.asked.message == f"Where shall {name} be?"
        else:
            assert result.kind == "tool_error"
            assert "other calls asked too" in str(result.error)
    assert not [line for line in log_of(tmp_path) if line.startswith("created")]
    again = host.call("asking", "create", {"name": "n0"}, timeout=20)
    assert again.asked is not None
    assert host.call("asking", "look", {"name": "x"}, timeout=20).output == {"name": "x"}
