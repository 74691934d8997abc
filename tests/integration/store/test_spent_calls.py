"""Calls against limits that stop: counted before one is made, by all at once, and gone after two days."""

from concurrent.futures import ThreadPoolExecutor

from aether_agents.store import Store
from aether_agents.store.measures.spent_calls import Bounds
from tests.integration.store.plans import planned


def test_what_is_counted_stops_the_next_and_is_given_back(store: Store) -> None:
    planned(store, owner="ann")
    bounds = Bounds(server=2)
    first = store.spent.spend("t", "git", 0, bounds)
    assert [store.spent.spend("t", "git", 0, bounds).full for _ in range(2)] == ["", "server"]
    assert store.spent.spend("t", "git", 0, bounds, whatever=True).full == "", "it belongs to one that was made"
    assert store.spent.spend("t", "code", 0, bounds).full == "", "of another server nothing is gone"
    for _ in range(2):
        store.spent.give_back("t", "git", 0, bounds, first.day)
    assert store.spent.spend("t", "git", 0, bounds).full == ""


def test_each_limit_is_one_of_its_own(store: Store) -> None:
    for task_id, owner in (("t", "ann"), ("u", "ann"), ("v", "bob")):
        planned(store, task_id, owner=owner)
    spend = store.spent.spend
    assert [spend("t", "git", 0, Bounds(task=1)).full for _ in range(2)] == ["", "task"]
    assert spend("u", "git", 0, Bounds(task=1)).full == ""
    assert [spend(one, "git", 0, Bounds(owner=1)).full for one in ("t", "u", "v")] == ["", "owner", ""]
    assert [spend(one, one, 0, Bounds(all_servers=2)).full for one in ("t", "u", "v")] == ["", "", "all_servers"]
    assert [spend("u", "git", 0.3, Bounds(task_cost=0.5)).full for _ in range(2)] == ["", "task_cost"]
    assert [spend(one, "git", 0.3, Bounds(owner_cost=0.5)).full for one in ("t", "v", "u")] == ["", "", "owner_cost"]


def test_many_workers_at_once_make_no_call_too_many(store: Store) -> None:
    planned(store)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(store.spent.spend, "t", "git", 0, Bounds(server=10, task=100)) for _ in range(40)]
    assert sum(not one.result().full for one in asked) == 10
    called = store.connection.command("HGET", store.keys.task("t"), "called")
    assert int(called) == 10, "what one limit refuses, no other counts"


def test_a_day_is_not_kept_for_ever(store: Store) -> None:
    planned(store)
    day = store.spent.spend("t", "git", 0, Bounds(server=1)).day
    assert 0 < store.connection.command("PTTL", store.keys.spent(day)) <= 2 * 86_400_000
