"""The store's clock is set while calls run, two minutes forward and back: none is cancelled or made twice."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step
from tests.integration.store import skewed

FAULTS = {"AETHER_TEST_FAULTS": json.dumps({"clock": True})}


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory whose store's clock can be set. Its leases end well after each step's consequences are seen."""
    delivery = DeliverySettings(lease=2, stale=0.5, pump=0.1, concurrency=4, grace=2)
    skewed.install()
    try:
        yield from laboratory(
            quick(valkey, sealing_key, tmp_path).model_copy(update={"delivery": delivery}), tmp_path, names=("dev",)
        )
    finally:
        skewed.remove()


@pytest.mark.parametrize("steps", [(120,), (-120,), (120, -120), (4 * 3600,), (-4 * 3600,)])
def test_calls_that_run_while_the_clock_is_set_end_as_they_would(
    lab: Lab, toll: Callable[[Lab, str, str], Toll], steps: tuple[int, ...]
) -> None:
    for _ in range(2):
        lab.worker(entry="tests.chaos.entry", env=FAULTS)
    gate = lab.folder / "gate"
    names = {f"{kind}{at}": kind == "safe" for kind in ("safe", "once") for at in range(3)}
    plan = [
        step("t", name, tool="gate", args={"path": str(gate), "key": f"t/{name}"}, repeatable=safe)
        for name, safe in names.items()
    ]
    lab.launch([*plan, step("t", "after", list(names))], "t")
    eventually(lambda: len(lab.calls().started) == len(names), what="all calls run")
    for seconds in steps:
        skewed.step(lab.store, seconds)
        after = lab.store.connection.command("TIME")[0]
        eventually(lambda: lab.store.connection.command("TIME")[0] > after + 2, what="more than a lease")  # noqa: B023
    gate.touch()
    assert toll(lab, f"store's clock set by {steps} s", "a run is nobody else's").of(["t"]) == {"t": "completed"}
    calls = lab.calls()
    assert calls.cancelled == set()
    assert set(calls.started.values()) == {1}
