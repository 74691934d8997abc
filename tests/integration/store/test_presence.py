"""Presence: who said lately that it is alive."""

import json
import os
import socket

import pytest

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
    (identity,) = store.connection.command("ZRANGE", store.keys.workers, 0, -1)
    assert 0 < store.connection.command("PTTL", store.keys.worker(identity.decode())) <= 10_000
    assert 0 < store.connection.command("PTTL", store.keys.workers) <= 10_000
    store.connection.command("DEL", store.keys.worker(identity.decode()))
    assert store.presence.alive() == []


def test_processes_that_share_a_name_count_and_leave_one_by_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.presence.beat("planner", "worker", ("planner",), pid=7)
    store.presence.beat("planner", "worker", ("planner",), pid=8)
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    store.presence.beat("planner", "worker", ("planner",), pid=7)  # the first process of each container is pid 1
    assert sorted((one.name, one.pid, one.host == "another") for one in store.presence.alive()) == [
        ("planner", 7, False),
        ("planner", 7, True),
        ("planner", 8, False),
    ]
    store.presence.leave("planner", 7)
    monkeypatch.undo()
    assert [one.pid for one in store.presence.alive()] == [7, 8]
    store.presence.leave("planner", 8)
    assert [one.pid for one in store.presence.alive()] == [7]


def test_a_process_of_the_version_before_is_its_name(store: Store) -> None:
    store.presence.beat("new", "worker", ("dev",), pid=7)
    (identity,) = store.connection.command("ZRANGE", store.keys.workers, 0, -1)
    about = json.loads(store.connection.command("GET", store.keys.worker(identity.decode())))
    del about["name"]
    store.connection.command("SET", store.keys.worker("dev@old"), json.dumps(about), "PX", 10_000)
    store.connection.command("ZADD", store.keys.workers, 1, "dev@old")
    assert [one.name for one in store.presence.alive()] == ["dev@old", "new"]
