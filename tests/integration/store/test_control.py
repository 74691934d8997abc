"""What people do: approve, answer, pause, resume, cancel."""

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Intervention, Outcome
from aether_agents.errors import TaskNotFound, WrongStatus
from aether_agents.store import Store
from tests.integration.store.plans import (
    DONE,
    FAILED,
    granted,
    overdue,
    plan_of,
    planned,
    reap,
    refused,
    run,
    started,
    status,
    types,
)

CHAIN = {"a": [], "b": ["a"], "c": ["b"]}
ASKED = {"needs_approval": True}


def respond(store: Store, response: str, **more: object) -> list[str]:
    """Answer the only open question; gives the subtasks to send."""
    question = store.tasks.view("t").interventions[0]
    answer = Answer(intervention_id=question.id, response=response, **more)
    return [d.subtask_id for d in store.tasks.answer("t", answer)]


def test_an_approval_holds_its_subtask_and_the_question_says_what_will_happen(store: Store) -> None:
    assert started(store, CHAIN, a=ASKED) == []
    view = store.tasks.view("t")
    assert view.status == "waiting_user_input"
    question = view.interventions[0]
    assert (question.id, question.subtask_id, question.choices) == ("a.1", "a", ("approve", "deny"))
    assert "echo/say" in question.prompt
    assert question.asked_at is not None
    assert refused(store, "a") == "waiting"
    assert types(store)[-2:] == ["subtask.waiting a", "task.waiting"]
    asked = store.events.read("t")[-1].data["intervention"]
    assert isinstance(asked, dict)
    assert asked["id"] == "a.1"


def test_yes_lets_it_run_and_the_next_claim_knows(store: Store) -> None:
    started(store, CHAIN, a=ASKED)
    assert respond(store, "approve", by="ann") == ["a"]
    assert status(store) == "running"
    assert granted(store, "a").answered
    assert "log a" in types(store)


def test_no_fails_it_and_skips_what_follows(store: Store) -> None:
    started(store, CHAIN, a=ASKED)
    assert respond(store, "deny", by="ann") == []
    view = store.tasks.view("t")
    assert [one.status.value for one in view.subtasks] == ["failed", "skipped", "skipped"]
    assert (view.status.value, view.subtasks[0].error) == ("failed", "denied by ann")
    assert store.tasks.outcomes("t", ["a", "b"])["a"].error_kind == "denied"


def test_a_task_waits_only_while_nothing_else_can_go_on(store: Store) -> None:
    started(store, {"a": [], "b": []}, a=ASKED)
    assert status(store) == "running"
    run(store, "b")
    assert status(store) == "waiting_user_input"
    respond(store, "approve")
    assert status(store) == "running"
    assert types(store).count("task.waiting") == 1
    assert types(store).count("task.running") == 2


def test_a_worker_may_ask_too_and_the_canvas_is_cut_there(store: Store) -> None:
    started(store, CHAIN, direct=False)
    claim = granted(store, "a")
    question = Intervention(id="a.0", kind="approval", prompt="Delete?", choices=("approve", "deny"))
    assert store.tasks.ask_subtask("t", "a", claim.token, question)
    assert not store.tasks.ask_subtask("t", "a", claim.token, question)
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "stale"
    assert respond(store, "approve") == ["a"]
    assert granted(store, "a").answered
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "stale"


def test_questions_are_numbered_across_the_task_and_an_old_one_is_closed(store: Store) -> None:
    started(store, {"a": [], "b": []}, a=ASKED, b=ASKED)
    assert [q.id for q in store.tasks.view("t").interventions] == ["a.1", "b.2"]
    store.tasks.answer("t", Answer(intervention_id="a.1", response="approve"))
    claim = granted(store, "a")
    store.tasks.ask_subtask("t", "a", claim.token, Intervention(id="x", kind="confirmation", prompt="Sure?"))
    assert [q.id for q in store.tasks.view("t").interventions] == ["b.2", "a.3"]
    for closed in ("a.1", "b.1", "nobody.1", "task.1", "a"):
        with pytest.raises(WrongStatus, match="not open"):
            store.tasks.answer("t", Answer(intervention_id=closed, response="approve"))
    with pytest.raises(WrongStatus, match="takes one of: approve, deny"):
        store.tasks.answer("t", Answer(intervention_id="a.3", response="maybe"))
    with pytest.raises(TaskNotFound):
        store.tasks.answer("nobody", Answer(intervention_id="a.1", response="approve"))


def test_a_subtask_named_task_is_not_taken_for_the_whole_task(store: Store) -> None:
    started(store, {"task": []}, task=ASKED)
    assert respond(store, "approve") == ["task"]


def test_values_of_an_answer_reach_the_task(store: Store) -> None:
    started(store, {"a": []})
    claim = granted(store, "a")
    store.tasks.ask_subtask("t", "a", claim.token, Intervention(id="x", kind="input", prompt="Which port?"))
    assert respond(store, "provide", values={"port": 80}) == ["a"]
    assert store.tasks.task("t").inputs == {"port": 80}


def test_pause_starts_nothing_new_and_resume_sends_what_is_ready(store: Store) -> None:
    started(store, CHAIN, direct=False)
    claim = granted(store, "a")
    store.tasks.pause("t", "ann")
    with pytest.raises(WrongStatus, match="paused already"):
        store.tasks.pause("t", "ann")
    assert store.tasks.complete("t", "a", claim.token, DONE).deliveries == []
    assert refused(store, "b") == "paused"
    overdue(store, "b")
    assert reap(store) == []
    assert [d.subtask_id for d in store.tasks.resume("t", "bob")] == ["b"]
    assert run(store, "b") == ["c"]
    with pytest.raises(WrongStatus, match="not paused"):
        store.tasks.resume("t", "ann")
    messages = {e.type.value: e.message for e in store.events.read("t")}
    assert (messages["task.paused"], messages["task.resumed"]) == ("by ann", "by bob")


def test_the_last_subtask_may_end_a_paused_task(store: Store) -> None:
    started(store, {"a": []})
    claim = granted(store, "a")
    store.tasks.pause("t", "ann")
    store.tasks.complete("t", "a", claim.token, DONE)
    assert status(store) == "completed"


def test_pause_before_and_during_planning(store: Store) -> None:
    claim = planned(store)
    store.tasks.pause("t", "ann")
    assert store.tasks.start("t", claim.token, plan_of({"a": []}), direct=True) == []
    assert status(store) == "paused"
    assert [d.subtask_id for d in store.tasks.resume("t", "ann")] == ["a"]
    assert status(store) == "running"


def test_a_paused_question_is_asked_still_and_answered_still(store: Store) -> None:
    started(store, {"a": []}, a=ASKED)
    store.tasks.pause("t", "ann")
    assert respond(store, "approve") == []
    assert [d.subtask_id for d in store.tasks.resume("t", "ann")] == ["a"]
    assert status(store) == "running"


def test_resume_goes_back_to_waiting_when_only_questions_are_left(store: Store) -> None:
    started(store, {"a": []}, a=ASKED)
    store.tasks.pause("t", "ann")
    store.tasks.resume("t", "ann")
    assert status(store) == "waiting_user_input"


def test_cancel_ends_at_once_what_does_not_run(store: Store) -> None:
    started(store, {**CHAIN, "x": []}, x=ASKED)
    claim = granted(store, "a")
    assert store.tasks.cancel("t", "ann", "wrong folder") == ["a"]
    assert store.events.read("t")[-1].message == "cancelled by ann: wrong folder; still running: a"
    assert refused(store, "b") == "done"
    assert store.tasks.renew([("t", "a", claim.token)]).lost == [("t", "a", claim.token)]
    assert status(store) == "running"
    with pytest.raises(WrongStatus, match="cannot be cancelled"):
        store.tasks.cancel("t", "ann")
    cancelled = Outcome(status="cancelled", error="the task was cancelled")
    assert store.tasks.complete("t", "a", claim.token, cancelled).deliveries == []
    view = store.tasks.view("t")
    assert (view.status.value, view.error) == ("cancelled", "cancelled by ann: wrong folder")
    assert {one.status.value for one in view.subtasks} == {"cancelled"}


def test_how_a_cancelled_call_ended_later_is_recorded(store: Store) -> None:
    started(store, {"a": [], "x": []})
    claim, other = granted(store, "a"), granted(store, "x")
    assert store.tasks.note_end("t", "x", other.token - 1, "its server ended 1.0 s after it was cancelled")
    assert types(store)[-1] == "log x", "an earlier run of what goes on"
    store.tasks.cancel("t", "ann")
    lingers = Outcome(status="cancelled", error="it may still be running")
    store.tasks.complete("t", "a", claim.token, lingers)
    store.tasks.complete("t", "x", other.token, DONE)
    assert status(store) == "cancelled"
    assert store.tasks.note_end("t", "a", claim.token, "its server was ended 9.5 s after it was cancelled")
    assert types(store)[-1] == "task.cancelled", "nothing follows the end of a task"
    errors = {one.id: one.error for one in store.tasks.view("t").subtasks}
    assert errors == {"a": "it may still be running; its server was ended 9.5 s after it was cancelled", "x": None}
    assert not store.tasks.note_end("t", "nobody", 1, "x")
    assert not store.tasks.note_end("nobody", "a", 1, "x")


def test_a_task_is_cancelled_before_it_is_planned(store: Store) -> None:
    store.tasks.create(HighLevelTask(task_id="t", description="do it"))
    assert store.tasks.cancel("t", "ann") == []
    assert types(store) == ["task.pending", "task.cancelled"]
    with pytest.raises(TaskNotFound):
        store.tasks.cancel("nobody", "ann")


def test_a_paused_task_is_cancelled_and_not_resumed_any_more(store: Store) -> None:
    started(store, CHAIN)
    claim = granted(store, "a")
    store.tasks.pause("t", "ann")
    assert store.tasks.cancel("t", "ann") == ["a"]
    with pytest.raises(WrongStatus, match="being ended"):
        store.tasks.resume("t", "ann")
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "ok"
    assert status(store) == "cancelled"


def test_a_success_that_arrives_after_the_cancel_is_kept_but_opens_nothing(store: Store) -> None:
    started(store, CHAIN)
    claim = granted(store, "a")
    store.tasks.cancel("t", "ann")
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "ok"
    view = store.tasks.view("t", outputs=True)
    assert (view.status.value, view.subtasks[0].output) == ("cancelled", {"ok": True})


def test_a_failure_of_a_cancelled_task_does_not_make_it_failed(store: Store) -> None:
    started(store, CHAIN)
    claim = granted(store, "a")
    store.tasks.cancel("t", "ann")
    store.tasks.complete("t", "a", claim.token, FAILED)
    assert status(store) == "cancelled"


def test_whoever_follows_across_a_pause_hears_what_is_asked(store: Store) -> None:
    started(store, {"a": [], "b": []}, b=ASKED)
    run(store, "a")
    assert types(store)[-1] == "task.waiting"
    store.tasks.pause("t", "ann")
    store.tasks.resume("t", "ann")
    assert types(store)[-3:] == ["task.paused", "task.resumed", "task.waiting"]
    asked = store.events.read("t")[-1].data["intervention"]
    assert isinstance(asked, dict)
    assert asked["subtask_id"] == "b"
