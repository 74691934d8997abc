"""Cancelled calls: what is not certainly over is said to be so, followed, and ended after a grace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.opener import Limits
from aether_agents.mcp_host.session.call_result import CallResult
from tests.conftest import eventually
from tests.integration.mcp_host.test_life import InThread
from tests.servers import spec


class Desk:
    """A host that tells how cancelled calls ended."""

    def __init__(self, folder: Path, server: ServerSpec, grace: float) -> None:
        self.ends: list[tuple[object, str]] = []
        self.host = Host({server.name: server}, home=folder / "home", limits=Limits(grace=grace), tell=self.told)

    def told(self, key: object, how: str, _seconds: float) -> None:
        self.ends.append((key, how))

    def begun(self, server: str, tool: str, key: str, args: dict[str, str], log: Path) -> InThread:
        """A call under way, by its server's own word."""
        call = InThread(self.host, server, tool, {**args, "key": key}, timeout=60, key=key)
        eventually(lambda: log.exists() and f"S {key}" in log.read_text(), what="it runs")
        return call

    def cancelled(self, call: InThread, key: str) -> CallResult:
        self.host.cancel(key)
        return call.ended()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "count.log"


@pytest.fixture
def desk(tmp_path: Path, log: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    mode, grace = request.param
    env = {"COUNT_LOG": str(log)}
    server = spec("echo", env=env) if mode == "echo" else spec("raw", mode, name=mode, env=env)
    made = Desk(tmp_path, server, grace)
    yield made
    made.host.close()


@pytest.mark.parametrize("desk", [("heedless", 60.0)], indirect=True)
def test_an_answer_to_a_cancelled_call_says_that_it_is_over(desk: Desk, tmp_path: Path, log: Path) -> None:
    calls = {
        key: desk.begun("heedless", "call", key, {"path": str(tmp_path / f"{key}.gate")}, log) for key in ("one", "two")
    }
    for key, call in calls.items():
        result = desk.cancelled(call, key)
        assert (result.kind, result.sent, result.lingers) == ("cancelled", True, True)
    assert desk.ends == []
    (tmp_path / "two.gate").touch()
    eventually(lambda: desk.ends == [("two", "its server answered it")], what="it is told of which call")
    (tmp_path / "one.gate").touch()
    eventually(lambda: desk.ends[1:] == [("one", "its server answered it")])
    assert desk.host.starts() == {"heedless": 1}


@pytest.mark.parametrize("desk", [("heedless", 60.0)], indirect=True)
def test_an_answer_that_comes_at_once_leaves_nothing_open(desk: Desk, tmp_path: Path, log: Path) -> None:
    call = desk.begun("heedless", "call", "k", {"path": str(tmp_path / "gate")}, log)
    desk.host.cancel("k")
    (tmp_path / "gate").touch()
    result = call.ended()
    assert (result.kind, result.lingers, desk.ends) == ("cancelled", False, [])


@pytest.mark.parametrize("desk", [("stuck", 0.2)], indirect=True)
def test_a_server_that_does_not_listen_is_ended_after_a_grace(desk: Desk) -> None:
    desk.host.call("stuck", "call", {"free": True}, timeout=10)
    call = InThread(desk.host, "stuck", "call", timeout=60, key="k")
    eventually(lambda: (desk.host.cancel("k"), call.result)[1], what="it is cancelled")
    assert call.ended().lingers
    eventually(lambda: desk.ends == [("k", "its server was ended")])
    assert desk.host.call("stuck", "call", {"free": True}, timeout=10).output == "free", "and is started anew"


@pytest.mark.parametrize("desk", [("echo", 0.2)], indirect=True)
def test_a_server_is_not_ended_while_anything_else_runs_there(desk: Desk, tmp_path: Path, log: Path) -> None:
    """And a call that comes later is not held up by it."""
    gone = desk.begun("echo", "gate", "gone", {"path": str(tmp_path / "never")}, log)
    other = desk.begun("echo", "gate", "other", {"path": str(tmp_path / "gate")}, log)
    assert desk.cancelled(gone, "gone").lingers
    eventually(lambda: "C gone" in log.read_text(), what="the server hears of it")
    eventually(lambda: desk.host.call("echo", "echo", timeout=20).ok and desk.host.starts()["echo"] == 2)
    assert (desk.ends, other.result) == ([], None)
    (tmp_path / "gate").touch()
    assert other.ended().ok
    eventually(lambda: desk.ends == [("gone", "its server was ended")])
    assert "E other" in log.read_text()


@pytest.mark.parametrize("desk", [("stuck", 60.0)], indirect=True)
def test_what_lingers_when_its_worker_ends_is_told_too(desk: Desk) -> None:
    desk.host.call("stuck", "call", {"free": True}, timeout=10)
    call = InThread(desk.host, "stuck", "call", timeout=60, key="k")
    eventually(lambda: (desk.host.cancel("k"), call.result)[1])
    desk.host.close()
    assert desk.ends == [("k", "its worker ended, and its server with it")]
