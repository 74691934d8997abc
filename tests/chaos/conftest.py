"""Fixtures: a laboratory without a worker yet, with short leases."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu.transport.redis import Channel

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store.store import Tasks
from tests.chaos.table import HEAD, ROW, Record, Toll
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
def toll(record_property: Record) -> Callable[[Lab, str, str], Toll]:
    """Begins a row of the table of faults: the fault, and which invariant it broke."""
    return lambda lab, fault, broke: Toll(lab, record_property, fault, broke)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, from whichever process each test ran in."""
    reports = [one for word in ("passed", "failed") for one in terminalreporter.stats.get(word, ())]
    rows = [row for one in reports for name, row in getattr(one, "user_properties", ()) if name == ROW]
    if not rows:
        return
    lines = [HEAD, *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    terminalreporter.section("what each fault cost")
    for line in lines:
        terminalreporter.write_line("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Dice whose seed is shown when a test fails, and taken from AETHER_TEST_SEED."""
    seed = os.environ.get("AETHER_TEST_SEED") or str(random.SystemRandom().randrange(10**9))
    request.node.add_report_section("setup", "dice", f"AETHER_TEST_SEED={seed}")
    return random.Random(seed)
