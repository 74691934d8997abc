"""The plain walk of a task through the store, as its reader sees it."""

from aether_agents.contracts import Outcome
from aether_agents.store import Store
from tests.integration.store.plans import DONE, FAILED, granted, plan_of, planned, run, started, status, types


def test_a_chain_of_two_walks_from_pending_to_completed(store: Store) -> None:
    claim = planned(store)
    plan = plan_of({"a": [], "b": ["a"]})
    assert store.tasks.save_plan("t", claim.token, plan)
    sends = store.tasks.start("t", claim.token, plan, direct=True)
    assert sends is not None
    assert [(s.task_id, s.subtask_id, s.queue, s.priority) for s in sends] == [("t", "a", "dev", 5)]
    assert run(store, "a") == ["b"]
    assert run(store, "b", Outcome(status="completed", output=[1, 2])) == []
    assert types(store) == [
        "task.pending", "task.planning", "task.planned", "task.running", "subtask.ready a", "subtask.started a",
        "subtask.completed a", "subtask.ready b", "subtask.started b", "subtask.completed b", "task.completed",
    ]  # fmt: skip
    view = store.tasks.view("t", outputs=True)
    assert (view.status.value, view.progress, view.seq) == ("completed", 1.0, 11)
    assert [s.output for s in view.subtasks] == [{"ok": True}, [1, 2]]
    assert store.tasks.recent(5)[0].task_id == "t"


def test_a_failure_skips_what_follows_and_fails_the_task(store: Store) -> None:
    started(store, {"a": [], "b": ["a"], "c": ["b"], "d": []})
    assert run(store, "a", FAILED) == []
    assert [status(store, name) for name in "abcd"] == ["failed", "skipped", "skipped", "ready"]
    run(store, "d")
    view = store.tasks.view("t")
    assert (view.status.value, view.error) == ("failed", "a: it broke")
    assert view.subtasks[0].error == "it broke"


def test_on_failure_continue_goes_on_and_is_degraded(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]}, a={"on_failure": "continue"})
    assert run(store, "a", FAILED) == ["b"]
    assert run(store, "b") == []
    view = store.tasks.view("t")
    assert (view.status.value, view.degraded) == ("completed", True)


def test_a_second_completion_is_a_duplicate(store: Store) -> None:
    started(store, {"a": [], "b": ["a"]})
    claim = granted(store, "a")
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "ok"
    again = store.tasks.complete("t", "a", claim.token, DONE)
    assert (again.kind, again.deliveries) == ("duplicate", [])
