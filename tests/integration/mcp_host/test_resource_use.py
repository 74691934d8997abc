"""What servers use: their processes with what these started, by server; and what has ended counts for nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from aether_agents.mcp_host.process import resource_use
from aether_agents.mcp_host.process.resource_use import ResourceUse
from tests.conftest import eventually

OWN = ("dev+data", "")
BUSY = "sum(i * i for i in range(3_000_000)); print('done', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"


@pytest.fixture
def started() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, code: str) -> subprocess.Popen[bytes]:
    """A program that says when its work is done, and ends with its input."""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stack.enter_context(process)
    stack.callback(lambda: process.stdin and process.stdin.close())
    return process


def test_a_server_is_its_process_and_what_that_started(started: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_use, "EVERY", 0.0)
    spent: dict[tuple[str, str], int] = {}
    server = start(started, PARENT)
    pids = {("dev", "busy"): [server.pid, 2**22 + 1]}
    use = ResourceUse("dev+data", lambda: pids, lambda whose, ms: spent.__setitem__(whose, spent.get(whose, 0) + ms))
    assert server.stdout is not None
    assert server.stdout.readline() == b"done\n"
    use.turn()
    children = psutil.Process(server.pid).children(recursive=True)
    assert children
    least = sum(psutil.Process(pid).memory_info().rss for pid in (server.pid, children[0].pid))
    assert use.memory["dev", "busy"] > 0.8 * least
    assert use.memory[OWN] > 0.5 * psutil.Process().memory_info().rss
    child = children[0].cpu_times()
    assert spent["dev", "busy"] >= 900 * (child.user + child.system)
    before = spent["dev", "busy"]
    use.turn()
    assert spent["dev", "busy"] - before < 0.5 * before  # since the last look, not since it began
    assert server.stdin is not None
    server.stdin.close()
    eventually(lambda: server.poll() is not None, 20, "it ends")
    use.turn()
    assert ("dev", "busy") not in use.memory
    assert OWN in use.memory
    assert use.by_name().keys() == {"dev+data|"}
    assert os.getpid() not in pids["dev", "busy"]


def test_it_looks_now_and_then() -> None:
    looked: list[int] = []

    def processes() -> dict[tuple[str, str], list[int]]:
        looked.append(1)
        return {}

    use = ResourceUse("dev", processes, lambda *_: None)
    for _ in range(20):
        use.turn()
    assert len(looked) == 1
