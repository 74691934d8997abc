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


class CancelLab:
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
def lab(tmp_path: Path, log: Path, request: pytest.FixtureRequest) -> Iterator[CancelLab]:
    mode, grace = request.param
    env = {"COUNT_LOG": str(log)}
    server = spec("echo", env=env) if mode == "echo" else spec("raw", mode, name=mode, env=env)
    made = CancelLab(tmp_path, server, grace)
    yield made
    made.host.close()


@pytest.mark.parametrize("lab", [("heedless", 60.0)], indirect=True)
def test_an_answer_to_a_cancelled_call_says_that_it_is_over(lab: CancelLab, tmp_path: Path, log: Path) -> None:
    calls = {
        key: lab.begun("heedless", "call", key, {"path": str(tmp_path / f"{key}.gate")}, log) for key in ("one", "two")
    }
    for key, call in calls.items():
        result = lab.cancelled(call, key)
        assert (result.kind, result.sent, result.lingers) == ("cancelled", True, True)
    assert lab.ends == []
    (tmp_path / "two.gate").touch()
    eventually(lambda: lab.ends == [("two", "its server answered it")], what="it is told of which call")
    (tmp_path / "one.gate").touch()
    eventually(lambda: lab.ends[1:] == [("one", "its server answered it")])
    assert lab.host.starts() == {"heedless": 1}


@pytest.mark.parametrize("lab", [("heedless", 60.0)], indirect=True)
def test_an_answer_that_comes_at_once_leaves_nothing_open(lab: CancelLab, tmp_path: Path, log: Path) -> None:
    call = lab.begun("heedless", "call", "k", {"path": str(tmp_path / "gate")}, log)
    lab.host.cancel("k")
    (tmp_path / "gate").touch()
    result = call.ended()
    assert (result.kind, result.lingers, lab.ends) == ("cancelled", False, [])


@pytest.mark.parametrize("lab", [("stuck", 0.2)], indirect=True)
def test_a_server_that_does_not_listen_is_ended_after_a_grace(lab: CancelLab) -> None:
    lab.host.call("stuck", "call", {"free": True}, timeout=10)
    call = InThread(lab.host, "stuck", "call", timeout=60, key="k")
    eventually(lambda: (lab.host.cancel("k"), call.result)[1], what="it is cancelled")
    assert call.ended().lingers
    eventually(lambda: lab.ends == [("k", "its server was ended")])
    assert lab.host.call("stuck", "call", {"free": True}, timeout=10).output == "free", "and is started anew"


@pytest.mark.parametrize("lab", [("echo", 0.2)], indirect=True)
def test_a_server_is_not_ended_while_anything_else_runs_there(lab: CancelLab, tmp_path: Path, log: Path) -> None:
    """And a call that comes later is not held up by it."""
    gone = lab.begun("echo", "gate", "gone", {"path": str(tmp_path / "never")}, log)
    other = lab.begun("echo", "gate", "other", {"path": str(tmp_path / "gate")}, log)
    assert lab.cancelled(gone, "gone").lingers
    eventually(lambda: "C gone" in log.read_text(), what="the server hears of it")
    eventually(lambda: lab.host.call("echo", "echo", timeout=20).ok and lab.host.starts()["echo"] == 2)
    assert (lab.ends, other.result) == ([], None)
    (tmp_path / "gate").touch()
    assert other.ended().ok
    eventually(lambda: lab.ends == [("gone", "its server was ended")])
    assert "E other" in log.read_text()


@pytest.mark.parametrize("lab", [("stuck", 60.0)], indirect=True)
def test_what_lingers_when_its_worker_ends_is_told_too(lab: CancelLab) -> None:
    lab.host.call("stuck", "call", {"free": True}, timeout=10)
    call = InThread(lab.host, "stuck", "call", timeout=60, key="k")
    eventually(lambda: (lab.host.cancel("k"), call.result)[1])
    lab.host.close()
    assert lab.ends == [("k", "its worker ended, and its server with it")]
