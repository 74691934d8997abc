"""Sentinel: store, broker and bookkeeping are with the primary, also after a fail-over."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from aether_agents.celery_app.app import create_app
from aether_agents.errors import StoreUnavailable
from aether_agents.local.valkey import find_binary
from aether_agents.process.broker_address import checked
from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store import open_store
from tests.conftest import eventually

PASSWORD = "s3cr%40t"  # as it stands in an address


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Watched:
    """A primary, its replica, and the sentinel that watches them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.primary, self.replica, self.sentinel = free_port(), free_port(), free_port()
        secret = ("--requirepass", "s3cr@t", "--masterauth", "s3cr@t")
        self.first = self._start("a", self.primary, *secret)
        self._start("b", self.replica, *secret, "--replicaof", "127.0.0.1", str(self.primary))
        eventually(self._linked, within=30, what="the replica does not follow")
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {self.sentinel}\nsentinel monitor ours 127.0.0.1 {self.primary} 1\nsentinel auth-pass ours s3cr@t\n"
            "sentinel down-after-milliseconds ours 500\nsentinel failover-timeout ours 5000\n",
            encoding="utf-8",
        )
        self._run(str(config), "--sentinel", "--bind", "127.0.0.1", "--dir", str(folder))
        eventually(self._watches, within=30, what="the sentinel does not know the replica")

    def _start(self, name: str, port: int, *more: str) -> "subprocess.Popen[bytes]":
        (self._folder / name).mkdir()
        words = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(self._folder / name), "--save", "")
        return self._run(*words, "--appendonly", "no", "--repl-diskless-sync-delay", "0", *more)

    def _run(self, *words: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([str(find_binary()), *words], stdout=subprocess.DEVNULL)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def follows(self) -> bool:
        """Whether the replica has all that the primary has."""
        with (
            redis.Redis(port=self.primary, password="s3cr@t", protocol=2) as first,
            redis.Redis(port=self.replica, password="s3cr@t", protocol=2) as second,
        ):
            wanted = first.info("replication")["master_repl_offset"]
            return int(second.info("replication")["slave_repl_offset"]) >= int(wanted)

    def _linked(self) -> bool:
        try:
            with redis.Redis(port=self.replica, password="s3cr@t", protocol=2) as client:
                return bool(client.info("replication")["master_link_status"] == "up")
        except (redis.RedisError, KeyError):
            return False

    def _watches(self) -> bool:
        try:
            with redis.Redis(port=self.sentinel, protocol=2) as client:
                return len(client.sentinel_slaves("ours")) == 1
        except redis.RedisError:
            return False


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with ExitStack() as stack:
        yield Watched(tmp_path, stack)


@pytest.mark.parametrize("celerys", [False, True], ids=["one address", "Celery's spelling"])
def test_all_connections_find_the_next_primary(
    watched: Watched, tmp_path: Path, sealing_key: Path, celerys: bool
) -> None:
    one = f"sentinel://:{PASSWORD}@127.0.0.1:{watched.sentinel}"
    nobody = f"127.0.0.1:{free_port()}"
    several = f"sentinel://:{PASSWORD}@{nobody},127.0.0.1:{watched.sentinel}"
    places = f"sentinel://:{PASSWORD}@{nobody};{one}" if celerys else several
    url = checked(f"{places}/0?master_name=ours")
    settings = Settings(
        broker=BrokerSettings(url=url, prefix=f"t{uuid4().hex[:10]}"),
        encryption=EncryptionSettings(key_file=sealing_key),
        home=tmp_path / "home",
    )
    with open_store(settings, any_key=True) as store:
        assert "s3cr" not in store.connection.address
        store.connection.command("SET", "before", "1")
        app = create_app(settings, ())
        with app.connection_for_write() as sending:
            sending.SimpleQueue("q").put("one")
        app.backend.client.set("chord", "1")

        watched.first.kill()

        def again() -> bool:
            try:
                return bool(store.connection.command("SET", "after", "1"))
            except StoreUnavailable:
                return False

        eventually(again, within=60, what="the store does not find the next primary")
        assert store.connection.command("GET", "before") == b"1"
        with app.connection_for_write() as sending:
            sending.ensure_connection(max_retries=20, interval_start=0.2, interval_max=1)
            sending.SimpleQueue("q").put("two")
        kept = store.connection.command("LLEN", f"{settings.broker.prefix}:celery:q")
        assert kept == 2, "what was sent before the fail-over is there too"
        app.backend.client.connection_pool.disconnect()
        app.backend.client.set("chord", "2")
        app.backend.client.connection_pool.disconnect()
        app.close()


def test_no_sentinel_that_knows_is_named(tmp_path: Path, sealing_key: Path) -> None:
    url = f"sentinel://:{PASSWORD}@127.0.0.1:{free_port()}/0?master_name=ours"
    settings = Settings(
        broker=BrokerSettings(url=url), encryption=EncryptionSettings(key_file=sealing_key), home=tmp_path
    )
    with pytest.raises(StoreUnavailable, match="no sentinel knows the primary") as caught:
        open_store(settings)
    assert "s3cr" not in str(caught.value)


def test_what_celery_writes_is_understood() -> None:
    assert checked("sentinel://h1:1;sentinel://h2:2/3") == "sentinel://h1:1,h2:2/3"
    assert checked("sentinel://:p@h1;sentinel://:p@h2/0?master_name=m") == "sentinel://:p@h1,h2/0?master_name=m"
    with pytest.raises(ValueError, match="different users or passwords"):
        checked("sentinel://:p@h1;sentinel://:q@h2")
    with pytest.raises(ValueError, match="percent-encoded"):
        checked("sentinel://:p@x@h1;sentinel://h2")
