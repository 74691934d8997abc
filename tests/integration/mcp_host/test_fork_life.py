"""The life of forks: how they start, fail and end, and what becomes of them when their fork server or worker ends."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from aether_agents.mcp_host.process import fork_client
from tests.conftest import eventually
from tests.integration.mcp_host.conftest import OpenHost
from tests.integration.mcp_host.test_forks import fork_server_of, process_of
from tests.integration.mcp_host.test_orphans import in_a_forked_child, owner, running
from tests.servers import bundled

pytestmark = pytest.mark.skipif(not fork_client.POSSIBLE, reason="forks need Linux")


def fork_servers() -> list[psutil.Process]:
    return [p for p in running(psutil.Process().children()) if str(fork_client.PROGRAM) in p.cmdline()]


def test_a_fork_that_cannot_start_says_why(open_host: OpenHost) -> None:
    host = open_host(bundled("raw", "exits"), bundled("nowhere", name="missing"))

    exits, missing = (host.call(name, "call", timeout=20) for name in ("raw", "missing"))

    assert "ended with exit code 1" in str(exits.error)
    assert "add `mcp<2` to `install.with`" in str(exits.error), "its last words were read to the end"
    assert "ended with exit code 1" in str(missing.error)
    assert "No module named nowhere" in str(missing.error)


def test_a_fork_that_is_killed_during_a_call_is_started_again_for_the_next(open_host: OpenHost) -> None:
    host = open_host(bundled("raw", "dies"), bundled("echo"))
    died = host.call("raw", "call", timeout=20)
    assert (died.kind, died.sent) == ("transport", True)
    assert "MemoryError" in str(died.error)

    first = process_of(host)
    first.kill()
    eventually(lambda: not first.is_running())  # waited for by its own parent: no zombie stays

    assert process_of(host) != first


def test_a_fork_that_does_not_listen_is_killed_with_its_children(open_host: OpenHost) -> None:
    host = open_host(bundled("raw", "family", name="family"), bundled("raw", "stubborn", name="deaf"))
    told = host.call("family", "call", timeout=20).output
    host.call("deaf", "call", timeout=20)
    assert isinstance(told, dict)
    (parent,) = fork_servers()
    processes = [*parent.children(recursive=True), parent]
    assert {told["pid"], told["child"]} <= {p.pid for p in processes}

    host.close()

    assert not running(processes)


def test_when_the_fork_server_is_killed_its_servers_live_on_and_the_next_has_a_new_one(open_host: OpenHost) -> None:
    host = open_host(bundled("echo", name="one"), bundled("echo", name="two"), bundled("raw", "stubborn", name="deaf"))
    one = process_of(host, "one")
    host.call("deaf", "call", timeout=20)
    first = fork_server_of(one)
    left = first.children()

    first.kill()
    eventually(lambda: first not in running([first]))

    assert process_of(host, "one") == one
    assert fork_server_of(process_of(host, "two")) != first
    one.kill()
    eventually(lambda: not one.is_running())
    assert process_of(host, "one") != one, "its end was noticed, though nobody could tell how it ended"
    host.close()
    eventually(lambda: not running(left), what="a server of the first was left")


def test_a_fork_server_that_is_stopped_is_replaced(open_host: OpenHost, caplog: pytest.LogCaptureFixture) -> None:
    names = ("one", "two", "three", "four")
    host = open_host(*(bundled("echo", name=name) for name in names))
    one = process_of(host, "one")
    first = fork_server_of(one)

    first.suspend()
    with ThreadPoolExecutor(3) as pool:  # all who wait for it are served by the next one
        others = list(pool.map(lambda name: process_of(host, name), names[1:]))

    (second,) = {fork_server_of(process) for process in others}
    assert second != first
    eventually(lambda: first not in running([first]), what="the stopped one is gone")
    assert process_of(host, "one") == one, "its servers live on"
    assert caplog.text.count("it is replaced") == 1
    assert "spawned one by one" not in caplog.text


def test_a_fork_server_that_is_stopped_before_it_forks_is_done_without(
    open_host: OpenHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "stopped.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    monkeypatch.setattr(fork_client, "PROGRAM", tmp_path / "stopped.py")
    monkeypatch.setattr(fork_client, "FIRST", 0.5)
    host = open_host(bundled("echo"))
    assert process_of(host).parent() == psutil.Process()
    eventually(lambda: not fork_servers(), what="the stopped one stays")


def test_the_fork_server_leaves_when_it_has_no_servers_for_long(open_host: OpenHost) -> None:
    host = open_host(bundled("echo"), idle=0.5)
    first = fork_server_of(process_of(host))

    eventually(lambda: not fork_servers(), what="it stays for ever")

    assert fork_server_of(process_of(host)) != first


@pytest.mark.parametrize("why", ["impossible", "broken"])
def test_where_forks_cannot_be_had_a_server_is_a_program_of_its_own(
    open_host: OpenHost,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    why: str,
) -> None:
    (tmp_path / "broken.py").write_text("raise ImportError('no mcp here')")
    if why == "impossible":
        monkeypatch.setattr(fork_client, "POSSIBLE", False)
    else:
        monkeypatch.setattr(fork_client, "PROGRAM", tmp_path / "broken.py")
    host = open_host(bundled("echo"))

    server = process_of(host)

    assert server.parent() == psutil.Process()
    assert server.cmdline() == [sys.executable, "-P", "-m", "echo"]
    assert ("bundled servers are spawned one by one" in caplog.text) == (why != "impossible"), "once it is said why"


@pytest.mark.parametrize(
    "unlike", [{"env": {"PYTHONHASHSEED": "0"}}, {"env": {"LC_ALL": "C"}}, {"bundled": False}, {"args": ("-m", "echo")}]
)
def test_what_asks_for_more_than_a_module_is_a_program_of_its_own(
    open_host: OpenHost, unlike: dict[str, object]
) -> None:
    host = open_host(bundled("echo", **unlike))

    assert process_of(host).parent() == psutil.Process()
    assert not fork_servers()


def test_a_killed_worker_leaves_no_fork(tmp_path: Path) -> None:
    with owner(tmp_path, "bundled") as (process, told, descendants):
        assert {told["pid"], told["child"]} <= {p.pid for p in descendants}
        assert any(str(fork_client.PROGRAM) in p.cmdline() for p in descendants)

        process.kill()
        process.wait(10)

        eventually(lambda: not running(descendants), within=30, what="a fork outlived its worker")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_worker_has_a_fork_server_of_its_own(open_host: OpenHost) -> None:
    host = open_host(bundled("echo"))
    mine = process_of(host)

    theirs = in_a_forked_child(host)

    assert theirs["pid"] != mine.pid
    assert process_of(host) == mine, "the parent's is untouched"
    host.close()
    eventually(lambda: not fork_servers(), what="the child kept the parent's socket open")
