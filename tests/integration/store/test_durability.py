"""Before an unrepeatable call: the store's disk and replicas are waited for where that is true, and nowhere else."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.errors import StoreUnavailable
from aether_agents.settings.model import DeliverySettings
from aether_agents.store import Store, open_store
from aether_agents.store.system.local_disk import LocalDisk
from tests.conftest import eventually
from tests.integration.store.older import Older

Opened = Callable[..., Store]


@pytest.fixture
def opened(sealing_key: Path, tmp_path: Path) -> Iterator[Opened]:
    """A store on a server of its own, with these options."""
    servers, stores = [], []

    def open_on(*options: str, confirm: str = "auto", name: str = "primary") -> Store:
        (tmp_path / name).mkdir()
        server = Older(tmp_path / name, *options)
        servers.append(server)
        delivery = DeliverySettings.model_validate({"confirm": confirm})
        store = open_store(server.settings(sealing_key, tmp_path, delivery=delivery))
        stores.append(store)
        return store

    yield open_on
    for store in stores:
        store.close()
    for server in servers:
        server.end()


def waits(store: Store) -> bool:
    """Whether WAITAOF waits for the disk here: after the end of one wait, the next lasts until the disk's next turn."""
    took = []
    for _ in range(4):
        began = time.monotonic()
        try:
            store.connection.commands([("SET", "x", 1), ("WAITAOF", 1, 0, 5_000)])
        except StoreUnavailable:  # an older server does not know it
            return False
        took.append(time.monotonic() - began)
    return sum(took[1:]) > 1.5


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process on another machine than the server's: it cannot open its file."""
    monkeypatch.setattr(LocalDisk, "reaches", lambda *_: False)


@pytest.mark.parametrize("policy", ["everysec", "no"])
def test_who_may_open_its_file_brings_it_to_the_disk(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    store = opened("--appendfsync", policy)
    assert store.durability.way() == ("file", 0, False)
    assert store.durability.sure
    synced: list[bytes] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.pread(file, 2**20, 0)), sync(file)))
    for at in range(3):
        if at == 2:
            store.connection.command("BGREWRITEAOF")  # from now on it is another file
            eventually(lambda: not store.connection.command("INFO", "persistence")["aof_rewrite_in_progress"])
        store.connection.command("SET", f"granted{at}", at)
        store.durability.secure()
        assert any(b"granted%d" % at in held for held in synced), "what was granted lay in the file before its sync"
        synced.clear()


def test_a_file_that_is_not_written_any_more_is_not_relied_on(opened: Opened) -> None:
    store = opened()
    assert store.durability.way().disk == "file"
    store.connection.command("CONFIG", "SET", "appendonly", "no")
    disk = LocalDisk(store.tasks._access)
    assert not disk.reaches(0.2)


@pytest.mark.usefixtures("elsewhere")
def test_waitaof_is_relied_on_only_where_it_was_seen_to_wait(opened: Opened) -> None:
    store = opened()
    way = store.durability.way()
    assert (way.disk == "wait") is way.sure is waits(store)
    store.durability.secure()


def test_always_needs_no_wait(opened: Opened) -> None:
    store = opened("--appendfsync", "always")
    assert not store.durability.sure  # nobody has looked yet
    store.durability.secure()
    assert store.durability.way() == ("reply", 0, False)
    assert store.durability.sure


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("options", [("--appendonly", "no"), ("--appendfsync", "no")])
def test_a_disk_that_is_not_written_in_time_is_not_relied_on(opened: Opened, options: tuple[str, ...]) -> None:
    store = opened(*options)
    store.durability.secure()
    assert not store.durability.sure


def test_off_asks_nothing(opened: Opened) -> None:
    store = opened("--appendfsync", "always", confirm="off")
    store.durability.secure()
    assert not store.durability.sure


def test_replicas_are_waited_for_where_the_server_is_told_to_have_them(opened: Opened) -> None:
    primary = opened("--appendfsync", "always", "--repl-diskless-sync-delay", "0")
    port = _free_port()
    primary.connection.command("CONFIG", "SET", "port", port)
    replica = opened("--replicaof", f"127.0.0.1 {port}", name="replica")
    about = lambda: primary.connection.command("INFO", "replication")  # noqa: E731
    eventually(lambda: about()["connected_slaves"] and about()["slave0"]["state"] == "online", what="it follows")
    assert primary.durability.way(1) == ("reply", 0, True)
    assert not primary.durability.sure  # one that lags may take over
    primary.connection.command("CONFIG", "SET", "min-replicas-to-write", 1)
    primary.durability.secure(2)
    assert primary.durability.way(2) == ("reply", 1, False)
    assert primary.durability.sure
    replica.connection.command("REPLICAOF", "NO", "ONE")
    eventually(lambda: not about()["connected_slaves"], what="it has left")
    with pytest.raises(StoreUnavailable):
        primary.durability.secure(2)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
