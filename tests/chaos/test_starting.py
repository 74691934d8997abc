"""The store turns away just while a worker starts: it lists and says that it is alive once the store is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from aether_agents.local.valkey import ValkeyServer
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def lab(tmp_path: Path, sealing_key: Path) -> Iterator[Lab]:
    """A laboratory on a server of its own."""
    with ValkeyServer(tmp_path / "valkey") as server:
        yield from laboratory(quick(server, sealing_key, tmp_path), tmp_path, names=("dev",))


@pytest.mark.parametrize("refused", ["zrange", "@write", "fcall", "info"])
@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_no_message_is_needed_to_begin(lab: Lab, pool: str, refused: str) -> None:
    environment = {"AETHER_TEST_AT_READY": f"ACL SETUSER default -{refused}", "AETHER_TEST_POOL": pool}
    environment["AETHER_TEST_CONCURRENCY"] = "1"
    lab.worker(["dev"], entry="tests.chaos.starting", env=environment, ready=False)
    eventually(lambda: "work waits" in lab.log_of(), what="it meets the refusal")
    with Redis.from_url(str(lab.settings.broker.url)) as admin:
        admin.execute_command("ACL", "SETUSER", "default", "+@all")
    eventually(lab.store.presence.alive, what="it is alive")
    eventually(lambda: "dev-echo" in lab.store.catalogue.entries(), what="it has listed its server")
