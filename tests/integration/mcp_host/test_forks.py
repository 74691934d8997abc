"""Bundled servers are forks of one process, and nobody can tell: but by the time and memory they take."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.process import fork_client
from tests.servers import bundled, spec

pytestmark = pytest.mark.skipif(not fork_client.POSSIBLE, reason="forks need Linux")


def process_of(host: Host, server: str = "echo") -> psutil.Process:
    result = host.call(server, "environment", timeout=20)
    assert isinstance(result.output, dict), result
    return psutil.Process(int(str(result.output["_pid"])))


def fork_server_of(server: psutil.Process) -> psutil.Process:
    parent = server.parent()
    assert parent is not None
    assert str(fork_client.PROGRAM) in parent.cmdline()
    return parent


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host of four: two bundled servers of which one has a secret, and one server twice, bundled and not."""
    folder = tmp_path_factory.mktemp("forks")
    alike = {"env": {"GREETING": "hello"}, "cwd": str(folder)}
    servers = [
        bundled("echo", name="rich", env={"TOKEN": "the-token-of-rich"}),
        bundled("echo", name="poor"),
        bundled("echo", name="fork", **alike),
        spec("echo", name="program", **alike),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AETHER_SEALING_KEY", "the-key-of-the-worker")
        opened = Host({server.name: server for server in servers}, home=folder / "home")
        yield opened
        opened.close()


def test_bundled_servers_share_one_fork_server_and_have_their_own_names(host: Host) -> None:
    rich, poor, strange = (process_of(host, name) for name in ("rich", "poor", "program"))

    assert fork_server_of(rich) == fork_server_of(poor)
    assert strange.parent() == psutil.Process(), "a server of others is a program of its own"
    assert (rich.name(), poor.name()) == ("rich", "poor")
    assert os.getsid(rich.pid) == os.getpgid(rich.pid) == rich.pid, "it can be ended as a whole"


def test_a_fork_is_what_the_program_would_have_been(host: Host) -> None:
    fork, program = (host.call(name, "environment", timeout=20).output for name in ("fork", "program"))

    assert isinstance(fork, dict)
    assert isinstance(program, dict)
    own = {"HOME", "PYTHONPYCACHEPREFIX", "PYTHONPATH", "_pid"}
    assert {k: v for k, v in fork.items() if k not in own} == {k: v for k, v in program.items() if k not in own}
    assert Path(str(fork["HOME"])).parent.name == "fork"
    assert host.portrait("fork") == host.portrait("program")
    assert {d.name: d.pin for d in host.tools("fork")} == {d.name: d.pin for d in host.tools("program")}


def test_a_fork_has_nothing_of_its_worker_or_of_another_server(host: Host) -> None:
    rich, poor = process_of(host, "rich"), process_of(host, "poor")

    for process in (fork_server_of(poor), poor, rich):
        assert not {"AETHER_SEALING_KEY", "TOKEN"} & set(process.environ())
        for needle in (b"the-key-of-the-worker", b"the-token-of-rich")[: 1 if process == rich else 2]:
            assert not remembers(process, needle), f"{process.name()} has it in its memory"
    assert remembers(rich, b"the-token-of-rich"), "the search finds what is there"
    assert poor.num_fds() == rich.num_fds(), "no pipe of another"


def remembers(process: psutil.Process, needle: bytes) -> bool:
    """Whether a process has these bytes anywhere it may write."""
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            first, last = (int(part, 16) for part in span.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                memory.seek(first)
                if needle in memory.read(last - first):
                    return True
    return False
