"""A worker that takes no messages any more ends itself, so that it is started again; one that only waits does not."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.execution.worker.watchdog import DEAF
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)

DEAF_AFTER = 1.2


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory whose workers are deaf after a second."""
    settings = quick(valkey, sealing_key, tmp_path)
    delivery = DeliverySettings(
        lease=2, stale=1, pump=0.1, concurrency=2, grace=1, deaf_after=DEAF_AFTER, alive_file=tmp_path / "alive"
    )
    yield from laboratory(settings.model_copy(update={"delivery": delivery}), tmp_path, names=("dev",))


@pytest.mark.parametrize("how", ["channel", "prefetch"])
def test_a_deaf_worker_says_so_and_ends_and_the_next_one_goes_on(
    lab: Lab, toll: Callable[[Lab, str, str], Toll], how: str
) -> None:
    deaf, listens = lab.folder / "deaf", lab.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(listens))
        manager.settimeout(20)
        environment = {"AETHER_TEST_DEAF": f"{how}:{deaf}", "NOTIFY_SOCKET": str(listens), "WATCHDOG_USEC": "60000000"}
        worker = lab.worker(["dev"], entry="tests.chaos.deaf", env=environment)
        lab.launch([step("before", "a")], "before")
        assert lab.ended("before") == "completed"
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        assert (lab.folder / "alive").exists()
        deaf.touch()
        eventually(lambda: _put(lab) and lab.store.backlog(["dev"])["dev"], what="messages lie there")
        assert eventually(worker.poll, within=30, what="it ends") == DEAF
    assert "deaf: " in lab.log_of(0)
    eventually(lambda: not lab.store.presence.alive(), within=15, what="nobody takes it for alive")
    left = [one for one in lab.store.tasks.recent() if one.task_id.startswith("more")]
    cost = toll(lab, f"deaf worker ({how})", "a worker that takes nothing ends")
    lab.worker(["dev"])
    lab.launch([step("after", "a")], "after")
    ids = ["after", *(one.task_id for one in left)]
    assert cost.of(ids) == dict.fromkeys(ids, "completed")


def _put(lab: Lab) -> bool:
    """One more task: a message that was on its way when it became deaf may still be taken."""
    name = f"more{time.monotonic_ns()}"
    lab.launch([step(name, "a")], name)
    return True


def test_a_worker_whose_loop_hangs_is_ended_by_force(lab: Lab) -> None:
    deaf = lab.folder / "deaf"
    worker = lab.worker(["dev"], entry="tests.chaos.deaf", env={"AETHER_TEST_DEAF": f"loop:{deaf}"})
    deaf.touch()
    eventually(lambda: _put(lab) and lab.store.backlog(["dev"])["dev"], what="messages lie there")
    assert eventually(worker.poll, within=30, what="it ends") == DEAF


def test_a_worker_that_is_busy_or_was_stopped_is_not_deaf(lab: Lab) -> None:
    worker, gate = lab.worker(["dev"]), lab.folder / "gate"
    busy = [step("busy", f"g{at}", tool="gate", args={"path": str(gate), "key": f"busy/g{at}"}) for at in range(2)]
    lab.launch([*busy, step("busy", "waits")], "busy", direct=True)
    eventually(lambda: len(lab.calls().started) == 2, what="both threads are busy")
    since = time.monotonic()
    eventually(lambda: time.monotonic() - since > 2 * DEAF_AFTER, what="it is busy for long")
    os.kill(worker.pid, signal.SIGSTOP)
    since = time.monotonic()
    gate.touch()
    eventually(lambda: time.monotonic() - since > 2 * DEAF_AFTER, what="it is stopped for long")
    os.kill(worker.pid, signal.SIGCONT)
    assert lab.ended("busy") == "completed"
    assert worker.poll() is None
