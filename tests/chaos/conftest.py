"""Fixtures: a laboratory without a worker yet, with short leases."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.transport.redis import Channel

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store.store import Tasks
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab


@pytest.fixture
def delivery() -> DeliverySettings:
    """Lost messages are missed after 0.4 s, lost workers after 1.5 s."""
    return DeliverySettings(lease=1.5, stale=0.4, pump=0.1, concurrency=4, grace=2)


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path, delivery: DeliverySettings) -> Iterator[Lab]:
    """A laboratory whose faults end with it."""
    settings = quick(valkey, sealing_key, tmp_path).model_copy(update={"delivery": delivery})
    put, claim = Channel._put, Tasks.claim
    try:
        yield from laboratory(settings, tmp_path, names=("dev", "security"))
    finally:
        Channel._put, Tasks.claim = put, claim  # type: ignore[method-assign]
        os.environ.pop("AETHER_TEST_FAULTS", None)
        os.environ.pop("AETHER_TEST_OTHER", None)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Dice whose seed is shown when a test fails, and taken from AETHER_TEST_SEED."""
    seed = os.environ.get("AETHER_TEST_SEED") or str(random.SystemRandom().randrange(10**9))
    request.node.add_report_section("setup", "dice", f"AETHER_TEST_SEED={seed}")
    return random.Random(seed)
