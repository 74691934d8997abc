"""The life of a session: time limits, cancellation, death, idleness, change, the end."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.session.call_result import CallResult
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost, servers_running
from tests.servers import spec


def pid_of(host: Host, server: str = "echo") -> int:
    result = host.call(server, "echo", timeout=10)
    assert isinstance(result.output, dict), result
    pid = result.output["pid"]
    assert isinstance(pid, int)
    return pid


def marks(log: Path) -> list[str]:
    return [line.split()[0] for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def counted(tmp_path: Path, **more: object) -> tuple[ServerSpec, Path]:
    log = tmp_path / "count.log"
    return spec("echo", env={"COUNT_LOG": str(log)}, **more), log


class InThread:
    """A call in a thread of its own."""

    def __init__(self, host: Host, *args: object, **more: object) -> None:
        self.result: CallResult | None = None
        self._thread = threading.Thread(target=self._run, args=(host, args, more))
        self._thread.start()

    def _run(self, host: Host, args: tuple[str, ...], more: dict[str, float]) -> None:
        self.result = host.call(*args, **more)  # type: ignore[arg-type]

    def ended(self, within: float = 10) -> CallResult:
        self._thread.join(within)
        assert self.result is not None, f"the call did not return within {within} s"
        return self.result


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_the_time_limit_of_a_call_reaches_the_server(open_host: OpenHost, tmp_path: Path, mode: str) -> None:
    server, log = counted(tmp_path, mode=mode)
    host = open_host(server)
    pid = pid_of(host)

    began = time.monotonic()
    result = host.call("echo", "wait", {"seconds": 30}, timeout=0.3)

    assert time.monotonic() - began < 3
    assert result == CallResult(error="did not answer within 0.3 s", kind="timeout", sent=True)
    eventually(lambda: marks(log)[-1] == "C", what="the server was not told")
    assert pid_of(host) == pid, "it answers when it is asked, so the session is kept"


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_cancelling_by_key_reaches_the_server(open_host: OpenHost, tmp_path: Path, mode: str) -> None:
    server, log = counted(tmp_path, mode=mode)
    host = open_host(server)
    call = InThread(host, "echo", "gate", {"path": str(tmp_path / "never")}, timeout=60, key=("t1", "s1"))
    eventually(lambda: marks(log) == ["S"])

    host.cancel(("t2", "s1"))
    host.cancel(("t1", "s1"))

    assert call.ended().kind == "cancelled"
    eventually(lambda: marks(log) == ["S", "C"], what="the server was not told")


def test_cancelling_a_call_that_still_waits_for_its_server_says_that_nothing_was_sent(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "silent", name="silent"))
    call = InThread(host, "silent", "call", timeout=60, key="k")
    eventually(servers_running)

    host.cancel("k")

    result = call.ended()
    assert (result.kind, result.sent) == ("cancelled", False)


def test_a_server_that_dies_between_calls_is_started_again(open_host: OpenHost) -> None:
    host = open_host(spec("echo"))
    first = pid_of(host)

    os.kill(first, signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(first))
    # A call in the moment before its end is noticed is one "that may have run", as the next test has it.
    eventually(lambda: host.call("echo", "echo", timeout=10).output)

    assert pid_of(host) != first


def test_a_call_whose_server_dies_is_not_sent_again(open_host: OpenHost, tmp_path: Path) -> None:
    log = tmp_path / "count.log"
    host = open_host(spec("raw", "dies", name="dies", env={"COUNT_LOG": str(log)}))

    result = host.call("dies", "call", timeout=10)

    assert (result.kind, result.sent) == ("transport", True)
    assert marks(log) == ["S"]


def test_an_idle_session_is_closed_and_opened_again_when_needed(open_host: OpenHost) -> None:
    host = open_host(spec("echo"), idle=0.3)
    first = pid_of(host)

    eventually(lambda: not servers_running(), what="the idle server was not closed")

    assert pid_of(host) != first


def test_a_session_that_was_not_used_for_long_is_asked_first(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "drift", name="drift"), probe_after=0.0)
    host.call("drift", "call", timeout=10)
    before = host.pin("drift", "other")

    assert host.call("drift", "call", timeout=10).ok
    assert host.pin("drift", "other") not in (None, before), "the question brings the present pins"


def test_a_long_call_lives_on_when_another_times_out(open_host: OpenHost, tmp_path: Path) -> None:
    server, log = counted(tmp_path)
    host = open_host(server)
    gate = tmp_path / "gate"
    long = InThread(host, "echo", "gate", {"path": str(gate), "key": "long"}, timeout=60)
    eventually(lambda: marks(log) == ["S"])

    host.call("echo", "wait", {"seconds": 30}, timeout=0.2)
    after = host.call("echo", "echo", {"message": "next"}, timeout=10)
    gate.touch()

    assert after.ok
    assert long.ended().output == {"opened": True}


def test_a_stuck_server_is_put_aside_and_its_other_calls_live_on(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "stuck", name="stuck"))
    host.call("stuck", "call", {"free": True}, timeout=10)
    stuck = InThread(host, "stuck", "call", timeout=60, key="other")
    eventually(lambda: host.call("stuck", "call", {"free": True}, timeout=0.2).kind == "timeout")

    after = host.call("stuck", "call", {"free": True}, timeout=10)

    assert after.output == "free", "a new server beside the stuck one"
    assert stuck.result is None, "which was not ended while a call is under way on it"
    host.cancel("other")
    assert stuck.ended().kind == "cancelled"
    eventually(lambda: len(servers_running()) == 1, what="the stuck server was not ended")


def test_after_a_cancelled_call_a_server_that_does_not_listen_is_replaced(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "stuck", name="stuck"))
    host.call("stuck", "call", {"free": True}, timeout=10)
    first = {process.pid for process in servers_running()}
    stuck = InThread(host, "stuck", "call", timeout=60, key="k")
    eventually(lambda: (host.cancel("k"), stuck.result)[1])

    assert host.call("stuck", "call", {"free": True}, timeout=10).output == "free"
    eventually(lambda: first.isdisjoint(process.pid for process in servers_running()))


def test_a_changed_declaration_replaces_the_server(tmp_path: Path, open_host: OpenHost) -> None:
    known = {"echo": spec("echo", env={"VERSION": "1"})}
    host = Host(lambda: known, home=tmp_path / "home")
    try:
        first = host.call("echo", "environment", timeout=10).output
        known["echo"] = spec("echo", env={"VERSION": "2"})
        second = host.call("echo", "environment", timeout=10).output
        known.clear()
        gone = host.call("echo", "environment", timeout=10)

        assert isinstance(first, dict)
        assert isinstance(second, dict)
        assert (first["VERSION"], second["VERSION"]) == ("1", "2")
        assert not gone.sent
        eventually(lambda: not servers_running(), what="a server that is known no more lives on")
    finally:
        host.close()


def test_a_server_that_is_not_trusted_is_never_started(open_host: OpenHost, tmp_path: Path) -> None:
    mark = tmp_path / "started"
    stranger = ServerSpec(name="stranger", command="touch", args=(str(mark),), source="x/.mcp.json", trusted=False)

    result = open_host(stranger).call("stranger", "call", timeout=5)

    assert "`aether-agent trust`" in str(result.error)
    assert not mark.exists()


def test_closing_is_bounded_even_with_calls_under_way_and_servers_that_do_not_listen(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "family", name="family"), spec("raw", "stuck", name="stuck"), spec("echo"))
    family = host.call("family", "call", timeout=10).output
    call = InThread(host, "stuck", "call", timeout=60)
    pid_of(host)
    eventually(lambda: len(servers_running()) >= 3)

    began = time.monotonic()
    host.close()
    took = time.monotonic() - began
    host.close()

    assert took < 8
    assert call.ended().kind in ("transport", "cancelled")
    assert isinstance(family, dict)
    eventually(lambda: not psutil.pid_exists(int(str(family["child"]))), what="a server's child lives on")
    after = host.call("echo", "echo", timeout=5)
    assert (after.kind, after.sent) == ("transport", False)
    assert "shutting down" in str(after.error)


def test_a_host_that_was_never_used_closes_at_once(open_host: OpenHost) -> None:
    open_host(spec("echo")).close()

    assert not servers_running()
