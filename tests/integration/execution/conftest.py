"""Fixtures: a laboratory with one worker for all queues, shared by all; or one of a test's own, without a worker."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import BrokerSettings, DeliverySettings, EncryptionSettings, Settings
from aether_agents.store import open_store
from tests.conftest import leaks
from tests.integration.execution.lab import Lab
from tests.unsealed import unsealed


def quick(valkey: ValkeyServer, key: Path, folder: Path) -> Settings:
    """Settings of its own, with short leases: what is lost is taken back within the test."""
    return Settings(
        broker=BrokerSettings(url=valkey.url, prefix=f"t{uuid4().hex[:10]}"),
        encryption=EncryptionSettings(key_file=key),
        delivery=DeliverySettings(lease=2, stale=1, pump=0.1, concurrency=4, grace=2),
        home=folder / "home",
        project=folder,
    )


@pytest.fixture(scope="package")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One worker for all queues. Tests that share it use task ids of their own."""
    folder = tmp_path_factory.mktemp("lab")
    yield from laboratory(quick(valkey, sealing_key, folder), folder, with_worker=True)


@pytest.fixture
def bare_lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory without a worker yet."""
    yield from laboratory(quick(valkey, sealing_key, tmp_path), tmp_path, names=("dev",))


def laboratory(
    settings: Settings, folder: Path, *, with_worker: bool = False, names: Sequence[str] = ("dev", "security")
) -> Iterator[Lab]:
    """A laboratory that leaves nothing behind: no process, no key that would stay for ever."""
    with open_store(settings) as store:
        lab = Lab(settings, store, folder, names)
        try:
            if with_worker:
                lab.worker()
            yield lab
        finally:
            lab.close()
        assert leaks(store) == []
        assert unsealed(store) == []
