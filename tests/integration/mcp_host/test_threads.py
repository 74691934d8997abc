"""Many threads, one session: every answer finds its caller, and one server serves them all."""

import collections
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aether_agents.mcp_host.session.call_result import CallResult
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost, servers_running
from tests.servers import spec


def test_many_threads_never_get_each_others_answers(open_host: OpenHost) -> None:
    host = open_host(spec("echo"))
    together = threading.Barrier(16)

    def calls(thread: int) -> list[tuple[str, object, object]]:
        together.wait()
        got = []
        for number in range(25):
            message = f"{thread}:{number}"
            result = host.call("echo", "echo", {"message": message, "ms": (thread * number) % 7}, timeout=30)
            assert isinstance(result.output, dict), result
            got.append((message, result.output["message"], result.output["pid"]))
        return got

    with ThreadPoolExecutor(16) as pool:
        answers = [answer for part in pool.map(calls, range(16)) for answer in part]

    assert len(answers) == 400
    assert [sent for sent, received, _ in answers if sent != received] == []
    assert len({pid for _, _, pid in answers}) == 1, "one start, however many waited for it"


def test_threads_with_different_servers_do_not_wait_for_each_other(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "silent", name="silent", timeout=5), spec("echo"))
    host.call("echo", "echo", timeout=10)

    with ThreadPoolExecutor(2) as pool:
        silent = pool.submit(host.call, "silent", "call", timeout=5)
        for number in range(10):
            assert host.call("echo", "echo", {"message": str(number)}, timeout=2).ok
        assert not silent.done()
        assert silent.result(10).kind == "transport"


def test_servers_that_are_killed_all_the_time_never_run_a_call_twice_and_never_mix_up_answers(
    open_host: OpenHost, tmp_path: Path
) -> None:
    log = tmp_path / "count.log"
    host = open_host(spec("raw", "ledger", name="ledger", env={"COUNT_LOG": str(log)}))
    results: dict[str, CallResult] = {}
    killed, finished = 0, threading.Event()

    def calls(thread: int) -> None:
        for number in range(80):
            key = f"{thread}:{number}"
            results[key] = host.call("ledger", "call", {"key": key}, timeout=10)

    def kill() -> None:
        nonlocal killed
        while not finished.wait(0.6):
            for process in servers_running():
                os.kill(process.pid, signal.SIGKILL)
                killed += 1

    killer = threading.Thread(target=kill)
    killer.start()
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(calls, range(8)))
    finished.set()
    killer.join()

    marks = collections.Counter(tuple(line.split()[:2]) for line in log.read_text(encoding="utf-8").splitlines())
    assert killed >= 1, f"{killed} killed in {time.monotonic() - began:.1f} s"
    assert len(results) == 640
    assert {result.kind for result in results.values()} <= {None, "transport"}
    for key, result in results.items():
        started, ended = marks[("S", key)], marks[("E", key)]
        assert started <= 1, f"{key} ran {started} times"
        if result.ok:
            assert isinstance(result.output, dict)
            assert (result.output["key"], started, ended) == (key, 1, 1)
        elif not result.sent:
            assert started == 0, f"{key} was said not to be sent, and ran"
    assert sum(result.ok for result in results.values()) > 200, "calls go through between two kills"


def test_the_death_of_a_server_ends_every_call_on_it_at_once(open_host: OpenHost, tmp_path: Path) -> None:
    host = open_host(spec("echo"))
    first = host.call("echo", "echo", timeout=10).output
    assert isinstance(first, dict)

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(host.call, "echo", "gate", {"path": str(tmp_path / "x")}, timeout=60) for _ in range(8)]
        eventually(lambda: host.call("echo", "echo", timeout=10).ok)
        os.kill(int(str(first["pid"])), signal.SIGKILL)
        results = [call.result(10) for call in waiting]

    assert {result.kind for result in results} == {"transport"}
    assert host.call("echo", "echo", timeout=10).ok


def test_a_server_that_does_not_read_cannot_hold_a_caller_beyond_its_time(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "stuck", name="stuck"))
    host.call("stuck", "call", {"free": True}, timeout=10)

    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        pool.submit(host.call, "stuck", "call", timeout=2)
        large = [pool.submit(host.call, "stuck", "call", {"x": "y" * 1_000_000}, timeout=1) for _ in range(2)]
        kinds = {call.result(20).kind for call in large}

    assert kinds == {"timeout"}
    assert time.monotonic() - began < 12
    assert host.call("stuck", "call", {"free": True}, timeout=10).ok
