"""A confined server is a server like any other: heard, asked, ended and diagnosed as before, on each mechanism."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.process.sandbox_view import Confinement
from aether_agents.mcp_host.session.call_result import Consent
from aether_sandbox.confine import MECHANISMS, Mechanism, works
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import servers_running
from tests.servers import spec

Open = Callable[..., Host]


@pytest.fixture(params=[one for one in MECHANISMS if works(one)])
def confined(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a host that confines by one mechanism."""
    by: Mechanism = request.param
    monkeypatch.setattr("aether_agents.mcp_host.process.sandbox_view.mechanism", lambda: by)
    opened: list[Host] = []

    def open_(*specs: ServerSpec) -> Host:
        known = {one.name: one for one in specs}
        opened.append(Host(known, home=tmp_path / "home", connect_timeout=20, confinement=Confinement()))
        return opened[-1]

    yield open_
    for host in opened:
        host.close()
    eventually(lambda: not servers_running(), what="a server outlived its host")


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("exits", "transport", "ended with exit code 1"),
        ("prints", "transport", "Welcome to the printing server"),
        ("dies", "transport", "MemoryError: out of memory"),
        ("shuts", "transport", "ended during `call`; it may have run"),
        ("broken", "tool_error", "not valid MCP"),
    ],
)
def test_what_a_call_comes_to(confined: Open, mode: str, kind: str, words: str) -> None:
    result = confined(spec("raw", mode, name=mode)).call(mode, "call", timeout=20)
    assert result.kind == kind
    assert words in str(result.error)


def test_it_has_the_environment_that_is_its_own(confined: Open, tmp_path: Path) -> None:
    host = confined(spec("echo", env={"MINE": "a=b c"}))
    found = host.call("echo", "environment", timeout=10).output
    assert isinstance(found, dict)
    assert found["MINE"] == "a=b c"
    assert found["HOME"] == str(tmp_path / "home" / "servers" / "echo" / "home")
    assert "AETHER_HOME" not in found


def test_a_question_during_a_call_is_asked_and_answered(confined: Open, tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    host = confined(spec("asking", "newer", name="asking", env={"COUNT_LOG": str(tmp_path / "log")}))
    asked = host.call("asking", "remove", {"name": "old"}, timeout=20)
    done = host.call("asking", "remove", {"name": "old"}, timeout=20, consent=Consent(confirmed=True))
    assert asked.kind == "asked"
    assert done.output == {"status": "removed"}
    assert "removed old" in (tmp_path / "log").read_text()


def test_a_server_that_is_killed_is_said_to_be(confined: Open, tmp_path: Path) -> None:
    script = tmp_path / "killed" / "server.py"
    script.parent.mkdir()
    script.write_text("import os; os.kill(os.getpid(), 9)\n")
    result = confined(spec("raw", name="killed").model_copy(update={"args": (str(script),)})).call(
        "killed", "call", timeout=10
    )
    assert "ended with signal 9" in str(result.error)


def test_servers_that_do_not_listen_are_ended_with_their_children(confined: Open) -> None:
    host = confined(spec("raw", "family", name="family"), spec("raw", "stubborn", name="deaf"))
    assert host.call("family", "call", timeout=10).ok
    assert host.call("deaf", "call", timeout=10).ok
    assert servers_running()
    host.close()
    eventually(lambda: not servers_running(), what="a server that does not listen lives on")


def test_a_program_that_is_asked_to_end_can_tidy_up(confined: Open, tmp_path: Path) -> None:
    """SIGTERM reaches the program, and it has its second."""
    script = tmp_path / "tidy" / "server.py"
    script.parent.mkdir()
    raw = Path(spec("raw").args[0]).read_text(encoding="utf-8")
    tidy = "    signal.signal(signal.SIGTERM, lambda *_: (Path.home().joinpath('tidied').touch(), os._exit(0)))\n"
    assert "def before() -> None:" in raw
    script.write_text(
        raw.replace('    if MODE == "stubborn":\n', f"{tidy}    if MODE == 'never':\n", 1), encoding="utf-8"
    )
    entry = spec("raw", "stubborn", name="tidy").model_copy(update={"args": (str(script), "stubborn")})
    host = confined(entry)
    assert host.call("tidy", "call", timeout=10).ok
    host.close()
    assert (tmp_path / "home" / "servers" / "tidy" / "home" / "tidied").exists()
