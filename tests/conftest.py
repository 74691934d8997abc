"""Fixtures for every test: a real server of the tests' own, settings with a key prefix per test, bounded waiting."""

import gc
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from aether_agents.errors import StackError
from aether_agents.local.valkey import ValkeyServer, find_binary
from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store import Store, open_store
from aether_agents.store.client.sealing import make_key_file
from tests.unsealed import unsealed

Value = TypeVar("Value")

# Tests have homes of their own; what uv fetches for one is there for the next.
os.environ.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Which test process gets which tests."""
    from tests.sharing import Sharing

    return Sharing(config, log)


gc.disable()  # until all is loaded: hardly anything of it is garbage


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is loaded by now stays: looking through it for garbage again and again took a tenth of the unit tests."""
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def eventually(condition: Callable[[], Value], within: float = 40.0, what: str = "", *, pause: float = 0.01) -> Value:
    """Ask again and again, every `pause` seconds, until the answer is true, `within` at most, and give it back."""
    end = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within:g} s: {what or getattr(condition, '__name__', condition)}")
        time.sleep(pause)  # the one sleep of the tests; everything waits through here, with a bound
    return value


def leaks(store: Store) -> list[str]:
    """Keys under a store's prefix that would stay for ever: of no open task, without an end, not on the short list."""
    cursor, found, rounds = 0, set[str](), 0
    while cursor or not rounds:
        cursor, page = store.connection.command("SCAN", cursor, "MATCH", f"{store.keys.prefix}:*", "COUNT", 10_000)
        found |= {key.decode() for key in page}
        rounds += 1
        assert rounds < 1_000, "the tests' server holds far too many keys"
    return sorted(key for key in found if _stays(store, key))


def _stays(store: Store, key: str) -> bool:
    if store.keys.is_permanent(key) or store.connection.command("PTTL", key) != -1:
        return False
    owner = store.keys.owner(key)
    if owner is None:
        return True
    status, finished = store.connection.command("HMGET", store.keys.task(owner), "status", "finished")
    return status is None or bool(finished)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of the tests' own. Without a binary: a failure in CI, a skip at home."""
    try:
        find_binary()
    except StackError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def sealing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealing key of the tests' own."""
    path = tmp_path_factory.mktemp("keys") / "sealing.key"
    make_key_file(path)
    return path


@pytest.fixture
def settings(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Settings]:
    """Settings on the tests' server, with a key prefix that no other test has.

    After the test every key is an open task's, or expires, or is on the permanent list; and no text of an argument, an
    item or a result lies in clear.
    """
    chosen = Settings(
        broker=BrokerSettings(url=valkey.url, prefix=f"t{uuid4().hex[:10]}"),
        encryption=EncryptionSettings(key_file=sealing_key),
        home=tmp_path / "home",
        project=tmp_path,
    )
    yield chosen
    with open_store(chosen, any_key=True) as opened:
        assert leaks(opened) == []
        assert unsealed(opened) == []


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A store of the test's own."""
    with open_store(settings) as opened:
        yield opened
