"""Steering with real workers: who goes first is changed while it waits or runs; the brake outlives every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step


@pytest.fixture
def narrow(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory whose workers make one call at a time."""
    settings = quick(valkey, sealing_key, tmp_path)
    one = settings.delivery.model_copy(update={"concurrency": 1, "spare": 0})
    with contextmanager(laboratory)(settings.model_copy(update={"delivery": one}), tmp_path, names=("dev",)) as lab:
        yield lab


@pytest.mark.parametrize("direct", [True, False], ids=["direct", "canvas"])
def test_who_goes_first_is_changed_while_it_waits_and_while_it_runs(narrow: Lab, tmp_path: Path, direct: bool) -> None:
    lab, tasks, gate = narrow, narrow.store.tasks, tmp_path / "gate"
    lab.worker(["dev"])
    opens = {"path": str(gate), "key": "running/gate"}
    lab.launch(
        [step("running", "gate", tool="gate", args=opens), step("running", "last", ["gate"])], "running", direct=direct
    )
    eventually(lambda: lab.calls().started["running/gate"], 40, "its first call is under way")
    waiting = [f"waits-{at}" for at in range(8)]
    for name in waiting:
        lab.launch([step(name, "a")], name, direct=direct)
    lab.sender.send(tasks.set_priority("waits-7", 9, "ann"))  # it waits
    lab.sender.send(tasks.set_priority("running", 8, "ann"))  # it runs
    lab.sender.send(tasks.set_priority("waits-0", 1, "ann"))
    gate.touch()
    for name in ("running", *waiting):
        assert lab.ended(name) == "completed"
    calls = lab.calls()
    order = sorted((key for key in calls.began if key != "running/gate"), key=lambda key: calls.began[key])
    assert order.index("waits-7/a") <= 1, order  # one message may have been taken before it was asked for
    assert order.index("running/last") <= 2, order
    assert order.index("waits-0/a") == len(order) - 1, order
    assert set(calls.started.values()) == {1}


def test_the_brake_outlives_its_worker_and_its_store(sealing_key: Path, tmp_path: Path) -> None:
    """Braked, worker and store end; both come back, and nothing begins until somebody releases the brake."""
    server = ValkeyServer(tmp_path / "valkey").start()
    try:
        settings = quick(server, sealing_key, tmp_path)
        with contextmanager(laboratory)(settings, tmp_path, names=("dev",)) as lab:
            first = lab.worker()
            lab.launch([step("first", "a")], "first")
            assert lab.ended("first") == "completed"
            lab.stop(first)
            lab.launch([step("before", "a"), step("before", "b", ["a"])], "before")
            lab.launch([step("after", "a")], "after", direct=True)
            assert lab.store.tasks.put_brake_on("sue", "fire")
            server.stop()
            server.start()
            lab.worker()
            brake = lab.store.tasks.brake()
            assert brake is not None
            assert (brake.by, brake.reason) == ("sue", "fire")
            queues = [lab.store.keys.queue("dev", priority) for priority in range(10)]
            eventually(
                lambda: not any(lab.store.connection.command("LLEN", name) for name in queues), 40, "messages are taken"
            )
            assert set(lab.calls().started) == {"first/a"}
            assert lab.store.tasks.release_brake() == (True, ())
            assert lab.ended("before") == "completed"
            assert lab.ended("after") == "completed"
            assert set(lab.calls().started.values()) == {1}
    finally:
        server.stop()
