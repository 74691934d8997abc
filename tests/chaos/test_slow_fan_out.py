"""A fan-out that takes long, without a fault: what waits in it is left alone, and nothing of it is run last."""

import json

import pytest

from aether_agents.settings.model import DeliverySettings
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)

ITEMS = 150


@pytest.fixture
def delivery() -> DeliverySettings:
    """What is ready is looked at after 20 ms, as after 3 s ordinarily: a second is as long as two minutes."""
    return DeliverySettings(lease=30, stale=0.02, pump=0.02, concurrency=4, per_server=2, grace=2)


@pytest.mark.parametrize("direct", [False, True])
def test_what_waits_is_not_sent_again_and_nothing_waits_for_the_end_of_the_queue(lab: Lab, direct: bool) -> None:
    """A message more of each would be refused behind all of them, while nothing moves: 4,000 took 25 s."""
    log = lab.folder / "faults"
    log.mkdir()
    lab.worker(["dev"], entry="tests.chaos.entry", env={"AETHER_TEST_FAULTS": json.dumps({"log": str(log)})})
    items = list(range(ITEMS))
    args = {"message": "m", "key": "wide/${item}", "ms": 40}
    fans = [step("wide", name, for_each=items, args={**args, "key": f"{name}/${{item}}"}) for name in ("one", "two")]
    lab.launch(fans, "wide", direct=direct)
    assert lab.ended("wide", within=60) == "completed"
    claims = [line.split() for line in (log / "claims").read_text().splitlines()]
    refused = [claim for claim in claims if claim[0] != "granted"]
    assert refused == [], f"{len(refused)} messages came for nothing"
    assert len(claims) == 2 * (ITEMS + 2)
    began = sorted((at, key) for key, at in lab.calls().began.items())
    places = {key: place for place, (_, key) in enumerate(began)}
    late = [key for key, place in places.items() if place - int(key.split("/")[1]) > ITEMS + 40]
    assert late == [], "run long after its turn"
