"""A cancelled call whose server does not listen: closed as perhaps still running, its later end recorded, however it
was cancelled and wherever its server runs."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from aether_agents.contracts import PlannedSubtask
from tests.conftest import eventually
from tests.integration.execution.lab import ROOT, Lab, step
from tests.integration.execution.test_stopping import running

MAY = "it may still be running"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[str]:
    """The address of a server over HTTP that hears no cancellation."""
    program = str(ROOT / "tests" / "servers" / "heedless_http.py")
    environment = {**os.environ, "COUNT_LOG": str(tmp_path / "count.log")}
    port = free_port()
    with subprocess.Popen([sys.executable, program, str(port)], env=environment) as process:
        try:
            eventually(lambda: listens(process.pid), what="it listens")
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()


def listens(pid: int) -> bool:
    return any(one.status == psutil.CONN_LISTEN for one in psutil.Process(pid).net_connections())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def worker(lab: Lab, server: str, grace: float) -> None:
    """One with a server that hears no cancellation, and is left so many seconds with a call that was cancelled."""
    delivery = lab.settings.delivery.model_copy(update={"cancelled_grace": grace})
    settings = lab.settings.model_copy(update={"delivery": delivery})
    lab.worker(settings=settings, env={"AETHER_TEST_HUNG": server})


def call(lab: Lab, task_id: str, gate: str = "never") -> PlannedSubtask:
    args = {"path": str(lab.folder / gate), "key": f"{task_id}/a"}
    return step(task_id, "a", server="hung", tool="call", args=args, repeatable=False, timeout=300)


def error_of(lab: Lab, task_id: str) -> str:
    return next(one.error or "" for one in lab.store.tasks.view(task_id).subtasks if one.id == "a")


def by_a_person(lab: Lab, task_id: str) -> None:
    lab.store.tasks.cancel(task_id, "ann", "enough")


def with_all(lab: Lab, task_id: str) -> None:
    """As `cancel --all`: each open task."""
    for one in lab.store.tasks.open_tasks():
        lab.store.tasks.cancel(one.task_id, "ann", "all of them")


def by_its_deadline(lab: Lab, task_id: str) -> None:
    """It has been set when it was launched."""


WAYS: dict[str, tuple[Callable[[Lab, str], None], dict[str, float], str]] = {
    "a person": (by_a_person, {}, "cancelled"),
    "all": (with_all, {}, "cancelled"),
    "its deadline": (by_its_deadline, {"timeout_seconds": 8.0}, "failed"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("server", ["heedless", "http"])
def test_it_is_said_that_it_may_run_and_then_how_it_ended(bare_lab: Lab, remote: str, way: str, server: str) -> None:
    lab = bare_lab
    cancel, more, ends = WAYS[way]
    if server == "http":  # its request is closed with the cancellation: no answer to it can come any more
        worker(lab, remote, grace=1)
    else:
        worker(lab, server, grace=60)
    lab.launch([call(lab, "stop", "gate"), step("stop", "b", ["a"])], "stop", **more)
    running(lab, "stop/a")
    cancel(lab, "stop")
    assert lab.ended("stop", within=20) == ends
    assert MAY in error_of(lab, "stop")
    over = "its server answered it" if server == "heedless" else "its connection was closed"
    if server == "heedless":
        (lab.folder / "gate").touch()
    eventually(lambda: over in error_of(lab, "stop"), within=20, what=f"its end is recorded: {error_of(lab, 'stop')}")
    (lab.folder / "gate").touch()
    assert lab.store.events.read("stop")[-1].ends_task, "nothing follows the end of a task"
    assert set(lab.calls().started.values()) == {1}


@pytest.mark.parametrize("server", ["heedless", "http"])
def test_after_a_grace_its_server_is_let_go(bare_lab: Lab, remote: str, server: str) -> None:
    lab = bare_lab
    worker(lab, remote if server == "http" else server, grace=1)
    lab.launch([call(lab, "stop")], "stop")
    running(lab, "stop/a")
    by_a_person(lab, "stop")
    assert lab.ended("stop", within=20) == "cancelled"
    assert MAY in error_of(lab, "stop")
    over = "its server was ended" if server == "heedless" else "its connection was closed"
    eventually(lambda: over in error_of(lab, "stop"), within=20, what="its end is recorded")
    (lab.folder / "gate").touch()
    lab.launch([call(lab, "next", "gate")], "next")
    assert lab.ended("next") == "completed", "the next call finds it well"
