"""Events: numbered without gaps, replayed, followed across a lost connection."""

import threading
from collections.abc import Iterator

import pytest

from aether_agents.contracts import Event
from aether_agents.errors import StoreUnavailable, TaskNotFound
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from aether_agents.store.client import connection
from aether_agents.store.events.stream import PAGE
from tests.conftest import eventually
from tests.integration.store.plans import DONE, granted, planned, run, started


class Follower:
    """Follows a task in a thread of its own."""

    def __init__(self, settings: Settings, after: int = 0, timeout: float = 30.0) -> None:
        self.seen: list[Event] = []
        self.losses: list[str] = []
        self.error: Exception | None = None
        self._store = open_store(settings)
        self._stream = self._store.events.follow("t", after, on_reconnect=self.losses.append, timeout=timeout)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        try:
            self.seen.extend(iter_into(self.seen, self._stream))
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.error = error

    def numbers(self) -> list[int]:
        return [event.seq for event in self.seen]

    def ended(self) -> bool:
        return not self._thread.is_alive()

    def close(self) -> None:
        self._thread.join(5)
        self._store.close()


def iter_into(seen: list[Event], stream: Iterator[Event]) -> list[Event]:
    for event in stream:
        seen.append(event)
    return []


def test_events_carry_what_a_reader_needs(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    claim = granted(store, "a")
    store.tasks.progress("t", "a", claim.token, 0.5, "half")
    assert not store.tasks.progress("t", "a", claim.token + 1, 0.5)
    store.tasks.complete("t", "a", claim.token, DONE, summary="said it")
    store.tasks.log("t", "x" * 2_000, "b")
    events = store.events.read("t")
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    progress = next(event for event in events if event.type == "subtask.progress")
    assert (progress.message, progress.data, progress.specialist) == ("half", {"fraction": 0.5}, "dev")
    completed = next(event for event in events if event.type == "subtask.completed")
    assert (completed.message, completed.progress, completed.status.value) == ("said it", 0.5, "running")
    assert len(events[-1].message) == 1_000
    assert store.events.read("t", after=3, limit=2) == events[3:5]


def test_more_events_than_one_page_are_all_read(store: Store) -> None:
    planned(store)
    for number in range(PAGE + 10):
        store.tasks.log("t", str(number))
    assert [event.seq for event in store.events.read("t")] == list(range(1, PAGE + 13))
    assert [event.seq for event in store.events.read("t", after=5, limit=PAGE + 1)] == list(range(6, PAGE + 7))
    assert store.events.read("t", after=PAGE + 12) == []


def test_who_is_not_there_cannot_be_followed(store: Store) -> None:
    with pytest.raises(TaskNotFound, match="aether-agent tasks"):
        store.events.read("nobody")
    with pytest.raises(TaskNotFound):
        next(store.events.follow("nobody"))


def test_a_follower_replays_then_follows_to_the_end(store: Store, settings: Settings) -> None:
    started(store, {"a": [], "b": ["a"]})
    follower = Follower(settings, after=2)
    eventually(lambda: follower.numbers() == [3, 4])
    run(store, "a")
    run(store, "b")
    eventually(follower.ended)
    assert follower.numbers() == list(range(3, 11))
    assert follower.seen[-1].type == "task.completed"
    follower.close()


def test_a_follower_of_an_ended_task_ends(store: Store) -> None:
    claim = planned(store)
    store.tasks.fail_planning("t", claim.token, "no", "could_not_plan")
    assert [event.type.value for event in store.events.follow("t")][-1] == "task.failed"


def test_a_follower_that_has_seen_the_end_ends_and_a_quiet_task_is_idle(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BLOCK", 0.05)
    started(store, {"a": []})
    idle = 0

    def count() -> None:
        nonlocal idle
        idle += 1
        if idle == 2:
            run(store, "a")

    seen = list(store.events.follow("t", idle=count))
    assert (idle, seen[-1].type.value) == (2, "task.completed")
    assert list(store.events.follow("t", seen[-1].seq)) == []


def test_a_follower_goes_on_after_its_connection_is_killed(store: Store, settings: Settings) -> None:
    started(store, {"a": [], "b": ["a"], "c": ["b"]})
    follower = Follower(settings)
    eventually(lambda: len(follower.seen) == 4)
    for name in "abc":
        store.connection.command("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")
        run(store, name)
    eventually(follower.ended)
    assert follower.error is None
    assert follower.numbers() == list(range(1, len(follower.seen) + 1))
    assert follower.seen[-1].type == "task.completed"
    follower.close()


def test_a_follower_waits_for_a_server_that_comes_back_and_gives_up_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> None:
    folder = tmp_path_factory.mktemp("other")
    server = ValkeyServer(folder).start()
    elsewhere = settings.model_copy(update={"broker": settings.broker.model_copy(update={"url": server.url})})
    with open_store(elsewhere) as other:
        started(other, {"a": []})
        follower = Follower(elsewhere)
        eventually(lambda: len(follower.seen) == 4)
        server.stop()
        eventually(lambda: follower.losses)
        assert "aether-agent up" in follower.losses[0]
        server.start()
        run(other, "a")
        eventually(follower.ended)
        assert follower.seen[-1].type == "task.completed"
        follower.close()
        started(other, {"a": []}, task_id="u")
        follow = other.events.follow("u", 4, timeout=0.2)
        server.stop()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            next(follow)
