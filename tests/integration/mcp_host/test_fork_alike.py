"""A fork is what `python -P -m MODULE` would have been: seen from inside, and in how it ends; and it waits for us."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from aether_agents.mcp_host.process import fork_client
from aether_agents.mcp_host.process.child_process import ChildProcess, spawn
from aether_agents.mcp_host.process.fork_client import ForkClient
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.launch import Launch, Module, common_environment
from tests.conftest import eventually

pytestmark = pytest.mark.skipif(not fork_client.POSSIBLE, reason="forks need Linux")

#: What a program can tell of itself, the second line as it ends.
TELLING = """
import atexit, json, multiprocessing, os, random, signal, sys, threading, typing, uuid
class Early:
    later: "Later"
class Later: ...
def main(): return sys.modules["__main__"].__dict__ is globals(), sys.argv
atexit.register(lambda: print(json.dumps(main())))
umask = os.umask(0)
alike = {
    "signals": {s.name: str(signal.getsignal(s)) for s in signal.valid_signals() if isinstance(s, signal.Signals)},
    "streams": [(f.encoding, f.errors, f.line_buffering) for f in (sys.stdin, sys.stdout, sys.stderr)],
    "main": [main(), __file__, __package__, __spec__.name, str(typing.get_type_hints(Early))],
    "names": [name for name in globals() if name[0] != "_"],
    "start": [sys.path, sys.flags, sys.pycache_prefix, sys.warnoptions, os.getcwd(), umask, sorted(os.environ.items())],
    "open": [sorted(os.listdir("/proc/self/fd")), threading.active_count()],
}
own = [random.random(), str(uuid.uuid4()), multiprocessing.current_process().authkey.hex()]
print(json.dumps([alike, own], default=str))
"""
ENDS = {
    "status": "raise SystemExit(3)",
    "words": "raise SystemExit('it is the wrong day')",
    "at_once": "import os; os._exit(7)",
    "pipe": "import os, signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGPIPE)",
}
Result = TypeVar("Result")
Ended = tuple[str, str, int | None]


class Starting:
    """Forks and programs of the modules in a folder, on a loop that is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = asyncio.Runner(debug=True)
        self.guard = GuardClient()
        self.forks = self.runner.run(self._forks())

    async def _forks(self) -> ForkClient:
        return ForkClient(self.guard, 30)

    def launch(self, module: str) -> Launch:
        more = {"PYTHONPATH": str(self.folder), "PYTHONPYCACHEPREFIX": str(self.folder / "cache")}
        env = common_environment(os.environ) | more
        return Launch(module, sys.executable, ("-P", "-m", module), env, str(self.folder), Module(module, ()))

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        return self.runner.run(work)

    def both(self, module: str) -> tuple[Ended, Ended]:
        return self.run(_ended(self.forks.start, self.launch(module))), self.run(_ended(spawn, self.launch(module)))

    def close(self) -> None:
        self.run(self.forks.close())
        self.guard.close()
        self.runner.close()


async def _ended(start: Callable[[Launch], Awaitable[ChildProcess | None]], launch: Launch) -> Ended:
    """What a process has said, and how it has ended."""
    async with asyncio.timeout(20):
        child = await start(launch)
        assert child is not None
        said, words = await asyncio.gather(child.stdout.read(), child.stderr.read())
        await asyncio.to_thread(eventually, lambda: child.returncode is not None)
    child.stdin.close()
    child.release()
    return said.decode(), words.decode(), child.returncode


@pytest.fixture(scope="module")
def starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starting]:
    folder = tmp_path_factory.mktemp("modules")
    for name, text in {"telling": TELLING, "deaf": "import time; time.sleep(60)", **ENDS}.items():
        (folder / f"{name}.py").write_text(text)
    opened = Starting(folder)
    yield opened
    opened.close()


def test_a_fork_finds_itself_as_a_program_does_until_its_very_end(starting: Starting) -> None:
    fork, program = starting.both("telling")
    again, _ = starting.both("telling")

    ((alike, own), end), ((wanted, _), _) = (map(json.loads, ended[0].splitlines()) for ended in (fork, program))
    for what in wanted:
        assert alike[what] == wanted[what]
    assert end == [True, [str(starting.folder / "telling.py")]]
    theirs = json.loads(again[0].splitlines()[0])[1]
    assert not set(own) & set(theirs), "two forks share what must be secret, or random"


@pytest.mark.parametrize("module", [*ENDS, "nowhere"])
def test_a_fork_ends_as_a_program_does_with_the_same_words(starting: Starting, module: str) -> None:
    fork, program = starting.both(module)

    assert fork == program


def test_a_fork_that_nobody_waits_for_any_more_never_runs(starting: Starting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given up between its birth and the moment we hear of it: nobody would watch it, and it would not listen."""
    asked = asyncio.Event()

    def ask(*request: object) -> int:
        asked.set()
        return int(send(*request))

    async def give_up() -> None:
        first = await starting.forks.start(starting.launch("deaf"))
        assert first is not None
        server = psutil.Process(first.pid).parent()
        assert server is not None
        monkeypatch.setattr(socket, "send_fds", ask)
        waiting = asyncio.create_task(starting.forks.start(starting.launch("deaf")))
        await asked.wait()
        eventually(lambda: len(server.children()) == 2)  # the loop does not hear of it: this holds it

        waiting.cancel()
        await asyncio.wait([waiting])

        eventually(lambda: [child.pid for child in server.children()] == [first.pid], what="it lives on, unwatched")
        psutil.Process(first.pid).kill()
        first.release()

    send: Callable[..., int] = socket.send_fds
    starting.run(give_up())
