"""Presence: who said lately that it is alive."""

import os

from aether_agents.store import Store


def test_who_beats_is_alive_and_who_leaves_is_not(store: Store) -> None:
    assert store.presence.alive() == []
    store.presence.beat("dev@host", "worker", ("dev", "planner"))
    store.presence.beat("security@host", "worker", ["security"], pid=7)
    store.presence.beat("dev@host", "worker", ("dev", "planner"))
    first, second = store.presence.alive()
    assert (first.name, first.kind, first.queues, first.pid) == ("dev@host", "worker", ("dev", "planner"), os.getpid())
    assert (second.name, second.pid) == ("security@host", 7)
    store.presence.leave("dev@host")
    assert [worker.name for worker in store.presence.alive()] == ["security@host"]


def test_who_falls_silent_expires(store: Store) -> None:
    store.presence.beat("dev@host", "worker", ("dev",))
    assert 0 < store.connection.command("PTTL", store.keys.worker("dev@host")) <= 10_000
    assert 0 < store.connection.command("PTTL", store.keys.workers) <= 10_000
    store.connection.command("DEL", store.keys.worker("dev@host"))
    assert store.presence.alive() == []
