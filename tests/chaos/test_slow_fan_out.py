"""A fan-out that takes long, without a fault: what waits in it is left alone, and nothing of it is run last."""

import json

import pytest

from aether_agents.settings.model import DeliverySettings
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)

ITEMS, FANS = 60, ("one", "two")

#: As often as the reaper looks at what waits, in six minutes.
LOOKS = 6


@pytest.fixture
def delivery() -> DeliverySettings:
    """No time of its own does anything; a join may take the last free thread from a call."""
    return DeliverySettings(lease=60, stale=60, pump=0.02, concurrency=4, per_server=2, spare=0, grace=2)


@pytest.mark.parametrize("direct", [False, True])
def test_what_waits_is_not_sent_again_and_nothing_waits_for_the_end_of_the_queue(lab: Lab, direct: bool) -> None:
    """A message more of each would be refused behind all of them, while nothing moves: 4,000 took 25 s."""
    log, gate = lab.folder / "faults", lab.folder / "gate"
    log.mkdir()
    lab.worker(["dev"], entry="tests.chaos.entry", env={"AETHER_TEST_FAULTS": json.dumps({"log": str(log)})})
    plan = [
        step(
            "wide", name, tool="gate", for_each=list(range(ITEMS)), args={"path": str(gate), "key": f"{name}/${{item}}"}
        )
        for name in FANS
    ]
    lab.launch(plan, "wide", direct=direct)
    eventually(lambda: len(lines(lab, "put")) == len(FANS) * ITEMS, what="all items are sent")
    eventually(lambda: len(lab.calls().started) == 4, what="every thread stands")
    for _ in range(LOOKS):
        look(lab)
    gate.touch()
    assert lab.ended("wide", within=60) == "completed"
    refused = [line for line in lines(lab, "claims") if not line.startswith("granted")]
    assert refused == [], f"{len(refused)} messages came for nothing"
    order = [key for _, key in sorted((at, key) for key, at in lab.calls().began.items())]
    due = [f"{name}/{item}" for name in FANS for item in range(ITEMS)]
    late = [key for place, key in enumerate(order) if place > due.index(key) + ITEMS * 2 / 3]
    assert late == [], "run long after its turn"


def lines(lab: Lab, name: str) -> list[str]:
    """What the worker noted."""
    path = lab.folder / "faults" / name
    return path.read_text().splitlines() if path.exists() else []


def look(lab: Lab) -> None:
    """Let the time come at which the reaper looks at all that waits, and wait until it has."""
    command, due = lab.store.connection.command, lab.store.keys.due
    waits = [f"wide|{one.id}" for one in lab.store.tasks.view("wide").subtasks if one.status == "ready"]
    assert len(waits) == len(FANS) * ITEMS - 4
    command("ZADD", due, "XX", *(part for one in waits for part in (0, one)))
    eventually(lambda: not command("ZCOUNT", due, 0, 0), what="the reaper has looked")
