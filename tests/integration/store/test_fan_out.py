"""A fan-out: the subtask becomes the join of its children."""

import pytest

from aether_agents.contracts import Answer, Outcome
from aether_agents.store import Fanned, Store
from tests.conftest import eventually
from tests.integration.store.plans import (
    DONE,
    FAILED,
    granted,
    overdue,
    reap,
    refused,
    run,
    started,
    status,
    subtask,
)

NEEDS = {"each": [], "after": ["each"]}


def fan(store: Store, count: int, *, direct: bool = True, window: int | None = None, **more: object) -> Fanned:
    """A running task whose `each` has just fanned out."""
    sends = started(store, NEEDS, direct=direct, each={"for_each": ["x"] * count, **more})
    assert [d.subtask_id for d in sends] == (["each"] if direct else [])
    claim = granted(store, "each")
    children = [subtask(f"each#{i}", **more) for i in range(count)]
    return store.tasks.fan("t", "each", claim.token, children, window=window)


def names(fanned: Fanned) -> list[str]:
    return [d.subtask_id for d in fanned.deliveries]


def test_directly_the_children_are_sent_and_the_last_one_brings_the_join(store: Store) -> None:
    fanned = fan(store, 3)
    assert (fanned.kind, fanned.canvas, names(fanned)) == ("ok", False, ["each#0", "each#1", "each#2"])
    assert status(store, "each") == "pending"
    assert run(store, "each#1") == []
    assert run(store, "each#0") == []
    assert run(store, "each#2") == ["each"]
    claim = granted(store, "each")
    assert (claim.join, claim.children, claim.attempts) == (True, ("each#0", "each#1", "each#2"), 1)
    done = store.tasks.complete("t", "each", claim.token, Outcome(status="completed", output=[1, 2, 3]))
    assert [d.subtask_id for d in done.deliveries] == ["after"]
    run(store, "after")
    view = store.tasks.view("t", outputs=True)
    assert [one.id for one in view.subtasks] == ["each", "each#0", "each#1", "each#2", "after"]
    assert view.progress == 1.0


def test_the_time_of_a_fan_out_is_that_of_its_children_and_its_join(store: Store) -> None:
    fan(store, 2)
    for child in ("each#0", "each#1"):
        run(store, child)
    begun = store.tasks.view("t").subtasks[0].started_at
    assert begun is not None
    before = store.connection.command("TIME")
    eventually(lambda: store.connection.command("TIME")[1] // 1000 != before[1] // 1000, what="a millisecond has gone")
    run(store, "each")
    each, child, *_ = store.tasks.view("t").subtasks
    assert each.started_at == begun
    assert each.finished_at is not None
    assert child.finished_at is not None
    assert each.started_at <= child.finished_at < each.finished_at


def test_in_a_canvas_a_chord_brings_children_and_join(store: Store) -> None:
    fanned = fan(store, 2, direct=False)
    assert (fanned.canvas, names(fanned)) == (True, [])
    assert run(store, "each#0") == []
    assert run(store, "each#1") == []
    assert run(store, "each") == []
    assert run(store, "after") == []
    assert status(store) == "completed"


def test_a_window_holds_children_back_and_cuts_the_canvas(store: Store) -> None:
    fanned = fan(store, 5, direct=False, window=2)
    assert (fanned.canvas, names(fanned)) == (False, ["each#0", "each#1"])
    assert refused(store, "each#2") == "not_ready"
    assert run(store, "each#1") == ["each#2"]
    assert run(store, "each#0") == ["each#3"]
    assert run(store, "each#3") == ["each#4"]
    assert run(store, "each#2") == []
    assert run(store, "each#4") == ["each"]
    assert run(store, "each") == ["after"]


def test_a_failed_child_lets_the_others_run_and_its_join_decide(store: Store) -> None:
    fan(store, 3, window=1)
    assert run(store, "each#0", FAILED) == ["each#1"]
    run(store, "each#1")
    assert run(store, "each#2") == ["each"]
    run(store, "each", Outcome(status="failed", error="1 of 3 failed", error_kind="tool_error"))
    assert (status(store, "after"), status(store)) == ("skipped", "failed")


def test_failed_children_that_may_fail_only_degrade(store: Store) -> None:
    fan(store, 2, on_failure="continue")
    run(store, "each#0", FAILED)
    assert run(store, "each#1") == ["each"]
    assert run(store, "each") == ["after"]
    run(store, "after")
    view = store.tasks.view("t")
    assert (view.status.value, view.degraded) == ("completed", True)


@pytest.mark.parametrize(("response", "on_failure"), [("skip", "continue"), ("fail", "continue"), ("skip", "fail")])
def test_an_item_that_a_person_skips_leaves_the_task_degraded(store: Store, response: str, on_failure: str) -> None:
    fan(store, 2, on_failure=on_failure, repeatable=False)
    granted(store, "each#0")
    overdue(store, "each#0")
    reap(store)
    (question,) = store.tasks.view("t").interventions
    store.tasks.answer("t", Answer(intervention_id=question.id, response=response))
    for name in ("each#1", "each", "after"):
        run(store, name)
    view = store.tasks.view("t")
    assert (view.status.value, view.degraded) == ("completed", True)


def test_nothing_to_fan_out_to_is_a_join_at_once(store: Store) -> None:
    assert names(fan(store, 0)) == ["each"]
    claim = granted(store, "each")
    assert (claim.join, claim.children) == (True, ())


def test_a_second_fan_out_is_stale_and_wrong_names_are_refused(store: Store) -> None:
    fan(store, 1)
    children = [subtask("each#0")]
    assert store.tasks.fan("t", "each", 1, children, window=None).kind == "stale"
    with pytest.raises(ValueError, match="child 0"):
        store.tasks.fan("t", "each", 1, [subtask("other")], window=None)


def test_a_lost_join_runs_again_without_asking(store: Store) -> None:
    fan(store, 1, repeatable=False)
    run(store, "each#0")
    granted(store, "each")
    overdue(store, "each")
    assert reap(store) == ["each"]
    assert granted(store, "each").join


@pytest.mark.parametrize("hidden", [{"for_each": ["x"]}, {"args": {"path": "${subtasks.a.output.path}"}}])
def test_nobody_is_asked_about_a_call_that_is_not_known_yet(store: Store, hidden: dict[str, object]) -> None:
    started(store, {"a": [], "each": ["a"]}, each={**hidden, "needs_approval": True})
    assert run(store, "a") == ["each"]
    assert status(store, "each") == "ready"  # its worker asks, with the values, before each call


def test_children_of_a_paused_task_wait_for_resume(store: Store) -> None:
    started(store, NEEDS, each={"for_each": ["x", "y"]})
    claim = granted(store, "each")
    store.tasks.pause("t", "ann")
    fanned = store.tasks.fan("t", "each", claim.token, [subtask("each#0"), subtask("each#1")], window=1)
    assert names(fanned) == []
    assert [d.subtask_id for d in store.tasks.resume("t", "ann")] == ["each#0"]
    assert store.tasks.complete("t", "each#0", granted(store, "each#0").token, DONE).kind == "ok"
    assert status(store, "each#1") == "ready"
