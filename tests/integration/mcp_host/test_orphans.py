"""No server outlives its worker, however the worker ends; and a fork shares nothing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from aether_agents.mcp_host.pool.host import Host
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost
from tests.servers import spec

ROOT = Path(__file__).parents[3]


@contextmanager
def owner(home: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, int], list[psutil.Process]]]:
    """A process with servers that ignore their input's end and SIGTERM; all is killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.mcp_host.owner", str(home), *more], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    descendants = [p for p in psutil.Process(process.pid).children(recursive=True) if p.pid != told["forked"]]
    try:
        yield process, told, descendants
    finally:
        for left in [*descendants, *([psutil.Process(told["forked"])] if told["forked"] else [])]:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        process.kill()
        process.wait()
        process.stdout.close()


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_worker_leaves_no_server_and_no_child_of_a_server(tmp_path: Path, number: signal.Signals) -> None:
    with owner(tmp_path) as (process, told, descendants):
        assert {told["pid"], told["child"]} <= {p.pid for p in descendants}
        assert len(running(descendants)) >= 4, "two servers, a server's child, the guard"

        os.kill(process.pid, number)
        process.wait(10)

        eventually(lambda: not running(descendants), within=30, what="a server outlived its worker")


def test_a_forked_child_does_not_keep_the_servers_of_a_killed_worker_alive(tmp_path: Path) -> None:
    with owner(tmp_path, "fork") as (process, told, descendants):
        process.kill()
        process.wait(10)

        eventually(lambda: not running(descendants), within=30, what="a server outlived its worker")
        assert psutil.Process(told["forked"]).is_running(), "the child is still there: it is not why"


def test_a_guard_that_is_killed_is_replaced(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "banner", name="first"), spec("raw", "banner", name="second"))
    host.call("first", "call", timeout=10)
    (guard,) = guards()

    guard.kill()
    eventually(lambda: guard.status() == psutil.STATUS_ZOMBIE)  # until then the pipe takes what nobody reads
    host.call("second", "call", timeout=10)

    (new,) = eventually(guards)
    assert new.pid != guard.pid


def guards() -> list[psutil.Process]:
    mine = psutil.Process().children()
    return [p for p in running(mine) if any(word.endswith("mcp_host/process/guard_program.py") for word in p.cmdline())]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_opens_its_own_sessions(open_host: OpenHost, tmp_path: Path) -> None:
    host = open_host(spec("echo"))
    mine = host.call("echo", "echo", timeout=10).output
    theirs = in_a_forked_child(host)

    assert isinstance(mine, dict)
    assert theirs["pid"] != mine["pid"]
    again = host.call("echo", "echo", timeout=10).output
    assert isinstance(again, dict)
    assert again["pid"] == mine["pid"], "the parent's session is untouched"


def in_a_forked_child(host: Host) -> dict[str, object]:
    """What `echo` gives in a forked child of this process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _in_child(host, write)
    os.close(write)
    with os.fdopen(read) as told:
        theirs = json.loads(told.read() or "null")
    os.waitpid(child, 0)
    assert isinstance(theirs, dict)
    return theirs


def _in_child(host: Host, write: int) -> None:
    try:
        result = host.call("echo", "echo", timeout=10)
        host.close()
        os.write(write, json.dumps(result.output).encode())
    finally:
        os._exit(0)
