"""Where nobody may call a server any more, what else would call it in a task ends in one step, and is said once."""

import pytest

from aether_agents.contracts import Outcome
from aether_agents.store import Store
from aether_agents.store.client.places import Places
from tests.integration.store.plans import DONE, granted, overdue, reap, refused, run, started, status, subtask

BARRED = Outcome(status="failed", error="nobody may", error_kind="policy", sent=False)
OTHER = {"tool": "other/say"}


def barred(store: Store, name: str) -> list[str]:
    """A call that nobody may make any more: gives what is to be sent after what ended with it."""
    done = store.tasks.complete("t", name, granted(store, name).token, BARRED)
    assert done.kind == "ok"
    return [one.subtask_id for one in store.tasks.end_alike("t", name, BARRED)]


def ends(store: Store) -> dict[str, str]:
    return {one.id: one.status.value for one in store.tasks.view("t").subtasks}


@pytest.mark.parametrize("direct", [True, False])
def test_what_would_end_so_too_ends_at_once_and_the_rest_goes_on(store: Store, direct: bool) -> None:
    needs = {"a": [], "b": [], "other": [], "later": ["b"], "last": ["other"], "again": [], "asked": [], "lost": []}
    more = {
        "other": OTHER,
        "last": OTHER,
        "asked": {"needs_approval": True},
        "lost": {"repeatable": False},
    }
    started(store, needs, direct=direct, **more)
    again = granted(store, "again")
    store.tasks.complete("t", "again", again.token, BARRED, retry_in=60)
    lost = granted(store, "lost")
    overdue(store, "lost")
    reap(store)
    barred(store, "a")
    assert ends(store) == {
        "a": "failed",
        "b": "failed",
        "again": "failed",
        "asked": "failed",
        "later": "skipped",
        "lost": "waiting_user_input",  # it may have run: that is still asked
        "other": "ready",
        "last": "pending",
    }
    assert refused(store, "b") == "done"
    assert run(store, "other") == (["last"] if direct else [])
    run(store, "last")
    assert store.tasks.complete("t", "lost", lost.token, DONE).kind == "ok"
    assert status(store) == "failed"
    told = store.tasks.outcomes("t", ["b"])["b"]
    assert (told.error, told.error_kind, told.sent, told.attempts) == ("as `a`: nobody may", "policy", False, 0)
    said = [one.message for one in store.events.read("t") if "further calls" in one.message]
    assert said == ["3 further calls of the server `echo` end for the same reason"]


@pytest.mark.parametrize("window", [4, 1_000, None])
@pytest.mark.parametrize("go_on", [True, False])
def test_so_do_the_children_of_a_fan_out_that_are_held_back(store: Store, window: int | None, go_on: bool) -> None:
    policy = "continue" if go_on else "fail"
    started(store, {"many": [], "after": ["many"]}, many={"for_each": [1], "on_failure": policy}, after=OTHER)
    fan = granted(store, "many")
    children = [subtask(f"many#{at}", on_failure=policy) for at in range(1_000)]
    store.tasks.fan("t", "many", fan.token, children, window=window)
    run(store, "many#0")
    running = granted(store, "many#1")
    before = len(store.events.read("t"))
    assert barred(store, "many#2") == []
    found = ends(store)
    assert (found["many#1"], found["many"]) == ("running", "pending")
    assert sum(one == "failed" for one in found.values()) == 998
    assert len(store.events.read("t")) - before < 1_010, "one event each, and one for all"
    sends = store.tasks.complete("t", "many#1", running.token, DONE).deliveries
    assert [one.subtask_id for one in sends] == ["many"]
    assert run(store, "many") == ["after"]
    run(store, "after")
    assert status(store) == ("completed" if go_on else "failed")
    assert len(store.tasks.outcomes("t", [child.id for child in children])) == 1_000


def test_a_child_that_is_let_go_meanwhile_is_not_forgotten(store: Store) -> None:
    started(store, {"many": []}, many={"for_each": [1], "on_failure": "continue"})
    fan = granted(store, "many")
    children = [subtask(f"many#{at}", on_failure="continue") for at in range(9)]
    store.tasks.fan("t", "many", fan.token, children, window=2)
    store.tasks.complete("t", "many#0", granted(store, "many#0").token, BARRED)
    access = store.tasks._access
    names = [f"many#{at}" for at in range(1, 8)]  # of the last one nobody knew
    outcomes = [part for name in names for part in (name, access.seal(Places.outcome("t", name), BARRED))]
    count, _ = access.call("end_alike", "t", "many#0", "as", "{}", *outcomes)
    assert count == 2, "those that were let go; the others come one after the other"
    assert ends(store)["many#3"] == "ready"
    for at in range(3, 9):
        run(store, f"many#{at}")
    run(store, "many")
    assert status(store) == "completed"
