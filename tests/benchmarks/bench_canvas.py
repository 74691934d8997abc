"""What a canvas is held to: nothing refused and no barrier when undisturbed, no multiplying when all is doubled."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.transport.redis import Channel

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store.store import Tasks
from tests.benchmarks.conftest import Measured
from tests.chaos.plans import plain
from tests.chaos.wave import Scenario, infect
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.gate import barriers
from tests.integration.execution.lab import Lab

PLANS = 30
GATES = 12


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """Without a worker yet; the reaper sends nothing."""
    settings = quick(valkey, sealing_key, tmp_path)
    settings = settings.model_copy(update={"delivery": DeliverySettings(lease=60, stale=60, concurrency=4)})
    put, claim = Channel._put, Tasks.claim
    try:
        yield from laboratory(settings, tmp_path)
    finally:
        Channel._put, Tasks.claim = put, claim  # type: ignore[method-assign]
        os.environ.pop("AETHER_TEST_FAULTS", None)


def test_undisturbed(lab: Lab, measured: Measured) -> None:
    scenario = Scenario(lab, random.Random(5), plain, sp_share=1.0, within=120)
    infect(scenario)
    scenario.run(PLANS)
    assert scenario.broken == []
    refused = sum(scenario.counted("claims").values()) - scenario.subtasks
    measured(f"{PLANS} undisturbed canvas plans, refused claims", "0", str(refused), refused == 0)
    extra = barriers(lab, random.Random(6), GATES)
    measured(f"{GATES} gated canvas plans, extra barriers", "0", str(len(extra)), not extra)


def test_doubled(lab: Lab, measured: Measured) -> None:
    scenario = Scenario(lab, random.Random(7), plain, faults={"double": True}, within=120)
    infect(scenario)
    scenario.run(PLANS)
    assert scenario.broken == []
    share = sum(scenario.counted("claims").values()) / scenario.subtasks
    measured("messages per subtask, every one doubled", "≤ 2.2", f"{share:.2f}", share <= 2.2)
