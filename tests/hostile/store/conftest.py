"""Fixtures: one worker, and what somebody without the key can do to its store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab


@pytest.fixture(scope="package")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One worker for planner and development. Tests that share it use task ids of their own."""
    folder = tmp_path_factory.mktemp("hostile")
    for opened in laboratory(quick(valkey, sealing_key, folder), folder, with_worker=True, names=("dev",)):
        opened.store.alerts.begin()
        yield opened
