"""A laboratory: real workers in subprocesses, a real Valkey, a real MCP server that counts its calls."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from aether_agents.contracts import HighLevelTask, Plan, PlannedSubtask, Risk, ServerSpec, Specialist, ToolRow
from aether_agents.execution.delivery.sender import Sender
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, PlanningClaim, Store
from tests.conftest import eventually
from tests.servers import bundled, spec
from tests.unsealed import CANARY

ROOT = Path(__file__).parents[3]
#: Workers run with this interpreter: a client at other versions is tested against the workers there are.
PYTHON = os.environ.get("AETHER_TEST_WORKER_PYTHON", sys.executable)
ECHO = ROOT / "tests" / "servers" / "echo.py"
NAMES = ("infra", "dev", "data", "security")

ROWS: dict[str, dict[str, Any]] = {
    "echo": {"risk": Risk.READ, "repeatable": True},
    "fail": {"risk": Risk.READ, "repeatable": True},
    "wait": {"risk": Risk.READ, "repeatable": True},
    "gate": {"risk": Risk.READ, "repeatable": True},
    "list_notes": {"risk": Risk.READ, "repeatable": True, "path_args": ("folder",)},
    "environment": {"risk": Risk.READ, "repeatable": True},
    "write_note": {"risk": Risk.WRITE, "repeatable": False, "path_args": ("folder",)},
    "remove": {"risk": Risk.DESTRUCTIVE, "repeatable": False, "path_args": ("folder",)},
    "call": {"risk": Risk.READ, "repeatable": True},
}


def asking(queue: str, count_log: Path) -> tuple[ServerSpec, ...]:
    """Servers of both eras that ask during their calls, in a worker that is told to have them."""
    if not os.environ.get("AETHER_TEST_ASKING"):
        return ()
    log = {"COUNT_LOG": str(count_log.with_name("asked.log"))}
    return (
        bundled("asking", "older", name="older", queue=queue, mode="legacy", env=log),
        bundled("asking", "newer", name="newer", queue=queue, env=log),
    )


def others(queue: str, count_log: Path) -> tuple[ServerSpec, ...]:
    """Further echo servers, `<queue>-other` and `<queue>-third`, in a worker that is told to have so many."""
    names = ("other", "third")[: int(os.environ.get("AETHER_TEST_OTHER") or "0")]
    log = {"COUNT_LOG": str(count_log)}
    return tuple(bundled("echo", name=f"{queue}-{name}", queue=queue, env=log) for name in names)


def hanging(queue: str, count_log: Path) -> tuple[ServerSpec, ...]:
    """A server `<queue>-hung` that hangs when it is started, in the way that a worker is told."""
    way = os.environ.get("AETHER_TEST_HUNG")
    if not way:
        return ()
    if way.startswith("http"):
        return (ServerSpec(name=f"{queue}-hung", queue=queue, url=way, timeout=2, trusted=True, source="tests"),)
    return (spec("raw", way, name=f"{queue}-hung", queue=queue, timeout=2, env={"COUNT_LOG": str(count_log)}),)


def specialists(count_log: Path, names: Sequence[str] = NAMES) -> tuple[Specialist, ...]:
    """Specialists that each have an echo server of their own, `<name>-echo`."""
    return tuple(
        Specialist(
            name=name,
            description=f"{name} for tests",
            servers=(
                bundled("echo", name=f"{name}-echo", queue=name, env={"COUNT_LOG": str(count_log)}),
                *others(name, count_log),
                *hanging(name, count_log),
                *asking(name, count_log),
            ),
            tools=tuple(
                ToolRow(tool=f"{name}-{server}/{tool}", **row)
                for server in ("echo", "other", "third", "hung")
                for tool, row in ROWS.items()
            ),
        )
        for name in names
    )


class Calls(NamedTuple):
    """What the servers themselves saw."""

    started: Counter[str]
    began: dict[str, float]
    ended: dict[str, float]
    cancelled: set[str]


class Lab:
    """Workers and what they saw. Everything it starts ends with it."""

    def __init__(self, settings: Settings, store: Store, folder: Path, names: Sequence[str] = NAMES) -> None:
        self.settings = settings
        self.store = store
        self.folder = folder
        self.names = tuple(names)
        self.count_log = folder / "count.log"
        self.count_log.touch()
        self.sender = Sender.to(settings)
        self.workers: list[subprocess.Popen[bytes]] = []
        self._killed: list[psutil.Process] = []

    # -- workers

    def worker(
        self,
        queues: Iterable[str] | None = None,
        *,
        entry: str = "tests.integration.execution.entry",
        env: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        ready: bool = True,
        called: str = "",
    ) -> subprocess.Popen[bytes]:
        """Start a worker for queues (all of them without any), and wait until it says that it is alive.

        It is `called` w0, w1, … unless told otherwise.
        """
        served = tuple(queues) if queues is not None else (PLANNER, *self.names)
        name = f"w{len(self.workers)}"
        chosen = (settings or self.settings).model_dump_json()
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [PYTHON, "-m", entry, called or name, str(self.count_log), ",".join(self.names), ",".join(served)],
                cwd=ROOT,
                stdin=subprocess.PIPE,  # when it closes: it ends with the tests, even if they are killed
                env={
                    **os.environ,
                    **(env or {}),
                    "AETHER_TEST_SETTINGS": chosen,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(process)
        if ready:
            eventually(lambda: self._alive(process) or self._ended(process, name), within=60, what=f"{name} is alive")
        return process

    def log_of(self, worker: int = 0) -> str:
        """What a worker said."""
        return (self.folder / f"w{worker}.log").read_text(errors="replace")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL; its servers see the end of their input by themselves."""
        self._killed += self.children(process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def killed_live_on(self) -> bool:
        """Whether a server of a killed worker has not ended yet."""
        self._killed = [child for child in self._killed if child.is_running() and child.status() != "zombie"]
        return bool(self._killed)

    def stop(self, process: subprocess.Popen[bytes], timeout: float = 15) -> int:
        """SIGTERM, and its exit code."""
        process.terminate()
        return process.wait(timeout)

    def close(self) -> None:
        """End everything."""
        for process in self.workers:
            if process.poll() is None:
                process.terminate()
        for process in self.workers:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin:
                process.stdin.close()
        self.sender.close()

    def children(self, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """The processes below a worker: its MCP servers, and what starts them."""
        return psutil.Process(process.pid).children(recursive=True)

    def _alive(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it has said so, or, with processes, one of its children."""
        said = {worker.pid for worker in self.store.presence.alive()}
        return process.poll() is None and bool(said & {process.pid, *(child.pid for child in self.children(process))})

    def _ended(self, process: subprocess.Popen[bytes], name: str) -> bool:
        if process.poll() is not None:
            raise AssertionError(f"{name} ended with {process.returncode}:\n{self.log_of(int(name[1:]))[-3000:]}")
        return False

    # -- plans

    def launch(
        self, subtasks: Sequence[PlannedSubtask], task_id: str, *, direct: bool = False, limit: int = 10**9, **task: Any
    ) -> str:
        """Hand a plan to delivery as the planner's step does. Gives how it goes: canvas, direct or flipped."""
        tasks = self.store.tasks
        tasks.create(HighLevelTask(task_id=task_id, description="a plan of the tests", **task))
        claim = tasks.claim_planning(task_id, limit=10_000)
        assert isinstance(claim, PlanningClaim)
        plan = Plan(name="test", description="a plan of the tests", origin="file", subtasks=tuple(subtasks))
        priority = task.get("priority", 5)
        canvas = None if direct else self.sender.canvas(task_id, subtasks, priority=priority, limit=limit)
        deliveries = tasks.start(task_id, claim.token, plan, direct=canvas is None)
        assert deliveries is not None
        self.sender.send(deliveries)
        if canvas is None:
            return "direct"
        if self.sender.launch(canvas):
            return "canvas"
        self.sender.send(tasks.flip(task_id))
        return "flipped"

    def ended(self, task_id: str, within: float = 40) -> str:
        """The status a task ends with."""
        return eventually(lambda: self._final(task_id), within=within, what=f"{task_id} ends: {self._state(task_id)}")

    def _final(self, task_id: str) -> str | None:
        view = self.store.tasks.view(task_id)
        return view.status.value if view.finished_at else None

    def _state(self, task_id: str) -> object:
        return [(subtask.id, subtask.status.value) for subtask in self.store.tasks.view(task_id).subtasks]

    # -- what the servers saw

    def calls(self) -> Calls:
        """Every call the servers saw, by its key."""
        seen = Calls(Counter(), {}, {}, set())
        for line in self.count_log.read_text().splitlines():
            mark, key, at = (*line.split(), "", "")[:3]  # a server may note something that is no call
            if mark == "S":
                seen.started[key] += 1
                seen.began.setdefault(key, float(at))
            elif mark == "E":
                seen.ended[key] = float(at)
            elif mark == "C":
                seen.cancelled.add(key)
        return seen


def step(
    task_id: str,
    name: str,
    needs: Iterable[str] = (),
    *,
    queue: str = "dev",
    server: str = "echo",
    tool: str = "echo",
    **more: Any,
) -> PlannedSubtask:
    """A planned subtask that calls an echo tool with `task/name` as its key."""
    row = ROWS[tool]
    args = more.pop("args", {"message": name, "key": f"{task_id}/{name}", "note": CANARY})
    return PlannedSubtask(
        id=name,
        tool=f"{queue}-{server}/{tool}",
        args=args,
        needs=tuple(needs),
        specialist=queue,
        risk=more.pop("risk", row["risk"]),
        repeatable=more.pop("repeatable", row["repeatable"]),
        **more,
    )
