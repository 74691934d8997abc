"""What readers see: outputs of a task, plans before they run, who is asked what."""

from datetime import UTC, datetime, timedelta

import pytest

from aether_agents.contracts import Intervention, Outcome
from aether_agents.errors import InvalidPlan, TaskNotFound
from aether_agents.store import Store
from tests.integration.store.plans import FAILED, granted, plan_of, planned, run, started


def test_the_result_of_a_task_is_made_of_its_subtasks_outputs(store: Store) -> None:
    claim = planned(store)
    outputs = {
        "first": "${subtasks.a.output.list[1]}",
        "said": "${subtasks.a.output.n} of 2",
        "none": "${subtasks.b.output}",
    }
    plan = plan_of({"a": [], "b": []}, b={"on_failure": "continue"}).model_copy(update={"outputs": outputs})
    store.tasks.start("t", claim.token, plan, direct=False)
    run(store, "a", Outcome(status="completed", output={"list": [1, {"x": 2}], "n": 1}))
    assert store.tasks.view("t", outputs=True).outputs == {}, "not before the task has ended"
    run(store, "b", FAILED)
    view = store.tasks.view("t", outputs=True)
    assert view.outputs == {"first": {"x": 2}, "said": "1 of 2", "none": None}
    assert view.degraded
    light = store.tasks.view("t")
    assert (light.outputs, [one.output for one in light.subtasks]) == ({}, [None, None])
    assert [one.error for one in light.subtasks] == [None, "it broke"]


def test_a_plan_is_seen_before_it_runs_and_says_how_it_is_delivered(store: Store) -> None:
    claim = planned(store)
    assert store.tasks.plan("t") is None
    plan = plan_of({"a": []})
    store.tasks.save_plan("t", claim.token, plan)
    view = store.tasks.view("t")
    assert view.plan is not None
    assert (view.plan.origin, view.plan.delivery, view.subtasks) == ("file", None, ())
    assert store.tasks.plan("t") == plan
    store.tasks.start("t", claim.token, plan, direct=False)
    running = store.tasks.view("t").plan
    assert running is not None
    assert running.delivery == "canvas"


def test_times_are_the_stores_and_in_order(store: Store) -> None:
    started(store, {"a": []})
    run(store, "a")
    view = store.tasks.view("t")
    one = view.subtasks[0]
    assert view.created_at is not None
    assert one.started_at is not None
    assert one.finished_at is not None
    assert view.finished_at is not None
    assert view.created_at <= one.started_at <= one.finished_at <= view.finished_at
    assert abs(datetime.now(UTC) - view.created_at) < timedelta(minutes=5)


def test_what_started_in_the_millisecond_of_its_task_has_started(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    granted(store, "a")
    key = store.keys.subtasks("t")
    fields = store.connection.command("HGET", key, "s:a").decode().split()
    fields[7] = "0"  # the time of its claim, in milliseconds of its task
    store.connection.command("HSET", key, "s:a", " ".join(fields))
    view = store.tasks.view("t")
    assert [one.started_at for one in view.subtasks] == [view.created_at, None]


def test_outcomes_opens_only_what_is_asked_and_there(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    run(store, "a")
    assert list(store.tasks.outcomes("t", ["a", "b", "nobody", "a"])) == ["a"]
    assert store.tasks.outcomes("t", []) == {}


def test_recent_tasks_come_newest_first(store: Store) -> None:
    for name in ("t1", "t2", "t3"):
        planned(store, name)
    assert [view.task_id for view in store.tasks.recent(2)] == ["t3", "t2"]
    assert store.tasks.recent(2)[0].description == "do it"


def test_who_is_not_there_is_named(store: Store) -> None:
    for read in (store.tasks.task, store.tasks.plan, store.tasks.view):
        with pytest.raises(TaskNotFound, match="`nobody`"):
            read("nobody")


def test_a_long_question_is_shortened_and_an_endless_one_refused(store: Store) -> None:
    started(store, {"a": []})
    claim = granted(store, "a")
    endless = Intervention(id="x", kind="choice", prompt="Which?", choices=tuple(f"choice {i}" for i in range(1_000)))
    with pytest.raises(InvalidPlan, match="too large"):
        store.tasks.ask_subtask("t", "a", claim.token, endless)
    store.tasks.ask_subtask("t", "a", claim.token, Intervention(id="x", kind="confirmation", prompt="y" * 9_000))
    assert len(store.tasks.view("t").interventions[0].prompt) == 2_000


def test_a_need_that_is_not_in_the_plan_is_refused_before_anything_is_written(store: Store) -> None:
    claim = planned(store)
    with pytest.raises(InvalidPlan, match="needs `z`"):
        store.tasks.start("t", claim.token, plan_of({"a": ["z"]}), direct=True)
    assert store.tasks.view("t").status == "planning"
