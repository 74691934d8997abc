"""Priorities of tasks under way, and the brake: what waits is sent anew, and nothing begins while it is on."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from aether_agents.contracts import HighLevelTask
from aether_agents.errors import TaskNotFound, WrongStatus
from aether_agents.settings.model import Settings
from aether_agents.store import Delivery, Granted, Refused, Store, open_store
from tests.integration.store.checks import check_state
from tests.integration.store.plans import DONE, granted, overdue, planned, refused, run, started, status
from tests.integration.store.world import PROFILE, Node, World, timeless


def test_what_is_ready_is_sent_again_with_the_new_priority(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    assert store.tasks.set_priority("t", 9, "ann") == [Delivery("t", "a", "dev", 9)]
    assert store.tasks.set_priority("t", 9, "ann") == []
    done = store.tasks.complete("t", "a", granted(store, "a").token, DONE)
    assert done.deliveries == [Delivery("t", "b", "dev", 9)]
    assert "priority 9 by ann" in [event.message for event in store.events.read("t")]
    run(store, "b")
    with pytest.raises(WrongStatus, match="has ended"):
        store.tasks.set_priority("t", 1, "ann")
    with pytest.raises(TaskNotFound):
        store.tasks.set_priority("nobody", 1, "ann")


def test_a_message_of_a_higher_priority_does_not_bring_what_was_put_behind_others(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    assert store.tasks.set_priority("t", 2, "ann") == [Delivery("t", "a", "dev", 2)]
    assert store.tasks.claim("t", "a", "dev", 5) == Refused("outranked")
    assert store.tasks.set_priority("t", 7, "ann") == [Delivery("t", "a", "dev", 7)]
    claim = store.tasks.claim("t", "a", "dev", 5)  # and one of a lower one may come first all the same
    assert isinstance(claim, Granted)
    assert store.tasks.complete("t", "a", claim.token, DONE).deliveries == [Delivery("t", "b", "dev", 7)]
    overdue(store, "b")
    assert store.tasks.set_priority("t", 1, "ann") == [Delivery("t", "b", "dev", 1)]
    assert store.tasks.claim("t", "b", "dev", 7) == Refused("outranked")
    overdue(store, "b")
    assert store.tasks.reap(100, ()) == [Delivery("t", "b", "dev", 1)]  # were that message lost, it is sent once more
    assert isinstance(store.tasks.claim("t", "b", "dev", 1), Granted)


def test_a_task_that_waits_for_a_slot_comes_up_by_its_new_priority(store: Store) -> None:
    first = planned(store, "first", limit=1)
    for name in ("second", "third"):
        with pytest.raises(AssertionError):
            planned(store, name, limit=1)
    store.tasks.set_priority("third", 9, "ann")
    freed: list[Delivery] = []
    store.when_freed(freed.extend)
    store.tasks.finish_planning("first", first.token)
    assert [one.task_id for one in freed] == ["third"]


def test_a_canvas_gives_way_to_a_new_priority(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]}, direct=False)
    assert store.tasks.set_priority("t", 1, "ann") == [Delivery("t", "a", "dev", 1)]
    assert run(store, "a") == ["b"]
    assert refused(store, "a") == "done"


@profile(max_examples=25, **PROFILE)
@given(
    direct=st.booleans(),
    changes=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_whatever_is_changed_every_subtask_runs_once(
    settings: Settings, direct: bool, changes: list[int], order: Random
) -> None:
    nodes = {
        "a": Node(),
        "b": Node(needs=("a",)),
        "c": Node(needs=("a",), children=3, window=2),
        "d": Node(needs=("b", "c")),
    }
    with timeless(settings) as store:
        world = World(store, "t", nodes, direct)
        world.begin()
        ran: list[str] = []
        for _ in range(200):
            check_state(world)
            if world.meta("finished"):
                break
            if changes and order.random() < 0.3:
                world.send(store.tasks.set_priority("t", changes.pop(), "ann"))
                continue
            assert world.mail, "nothing is on its way"
            one = world.deliver(order.randrange(len(world.mail)))
            if one is None:
                continue
            world.runs.remove(one)
            if nodes.get(one.name, Node()).children is not None and not one.grant.join:
                world.fan(one)
            else:
                ran.append(one.name)
                world.finish(one)
        assert sorted(ran) == ["a", "b", "c", "c#0", "c#1", "c#2", "d"]


def test_nothing_begins_while_the_brake_is_on_and_all_goes_on_after(store: Store, settings: Settings) -> None:
    started(store, {"a": [], "b": ["a"]}, direct=False)
    running = granted(store, "a")
    assert store.tasks.put_brake_on("sue", "fire", ["x"])
    assert not store.tasks.put_brake_on("bob", "")
    with open_store(settings) as another:  # it is in the store: another process, or one after a restart, goes by it
        brake = another.tasks.brake()
        assert brake is not None
        assert (brake.by, brake.reason, brake.tasks) == ("sue", "fire", ("x",))
        assert another.tasks.complete("t", "a", running.token, DONE).kind == "ok"  # what runs goes on
        assert another.tasks.claim("t", "b", "dev") == Refused("braked")
        assert another.tasks.take("dev", [], 0, 9) is None
    overdue(store, "b")
    assert store.tasks.reap(100, ()) == []
    task = HighLevelTask(task_id="new", description="do it")
    store.tasks.create(task)
    assert store.tasks.claim_planning(task.task_id, limit=9) == Refused("braked")
    overdue(store, "", task.task_id)
    assert store.tasks.reap(100, ()) == []
    assert store.tasks.release_brake() == (True, ("x",))
    assert store.tasks.release_brake() == (False, ())
    overdue(store, "b")
    overdue(store, "", task.task_id)
    assert {(one.task_id, one.subtask_id) for one in store.tasks.reap(100, ())} == {("t", "b"), (task.task_id, "")}
    assert isinstance(store.tasks.claim("t", "b", "dev"), Granted)
    assert status(store) == "running"
