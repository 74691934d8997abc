"""The planner's own step: claimed, held under a lease, healed like a subtask; and who may start."""

import json
import time
from typing import Any

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Intervention
from aether_agents.errors import NotAllowed, TaskNotFound, WrongStatus
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, Delivery, PlanningClaim, Refused, Store, open_store
from aether_agents.store.client.migrations import FORM
from tests.integration.store.plans import granted, overdue, plan_of, planned, reap, run, started, status, types

WHICH = Intervention(id="task.1", kind="input", prompt="Which repositories?")
DRAFT = Intervention(id="task.1", kind="approval", prompt="Run this draft?", choices=("approve", "deny"))


def test_the_same_task_twice_is_one_task_and_anothers_id_is_refused(store: Store) -> None:
    task = HighLevelTask(task_id="t", description="do it", owner="ann")
    assert store.tasks.create(task)
    assert not store.tasks.create(task)
    with pytest.raises(NotAllowed, match="somebody else"):
        store.tasks.create(task.model_copy(update={"owner": "bob"}))
    assert types(store) == ["task.pending"]


def test_one_planner_at_a_time(store: Store) -> None:
    planned(store)
    assert store.tasks.claim_planning("t", limit=9) == Refused("leased")
    assert store.tasks.claim_planning("nobody", limit=9) == Refused("gone")


def test_a_lost_planner_message_is_sent_again(store: Store) -> None:
    store.tasks.create(HighLevelTask(task_id="t", description="do it", priority=8))
    assert store.tasks.reap(10, ()) == []
    overdue(store)
    assert store.tasks.reap(10, ()) == [Delivery("t", "", PLANNER, 8)]


def test_a_full_planner_queue_is_not_sent_into_at_first(store: Store) -> None:
    store.tasks.create(HighLevelTask(task_id="t", description="do it"))
    rounds = []
    for _ in range(6):
        overdue(store)
        rounds.append(len(store.tasks.reap(10, [PLANNER])))
    assert rounds == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(("about", "pauses"), [({}, [3, 3, 3, 3]), ({"form": FORM}, [6, 12, 24, 48])])
def test_beside_an_older_process_a_message_is_sent_again_without_growing_pauses(
    store: Store, about: dict[str, int], pauses: list[int]
) -> None:
    """It takes messages for tasks that it cannot read, and leaves them alone."""
    store.presence.beat("planner", "worker", ("planner",))
    older = json.dumps({"kind": "worker", "queues": ["planner"], "pid": 7, "host": "h", "since": 1.0, **about})
    store.connection.command("SET", store.keys.worker("old/h/7"), older, "EX", 10)
    store.connection.command("ZADD", store.keys.workers, time.time() * 1000, "old/h/7")
    store.tasks.create(HighLevelTask(task_id="t", description="do it"))
    found = []
    for _ in pauses:
        overdue(store)
        assert reap(store) == [""]
        due = float(store.connection.command("ZSCORE", store.keys.due, "t|"))
        found.append(round((due - time.time() * 1000) / 1000))
    assert found == pauses


def test_a_lost_planner_is_replaced_and_what_it_still_says_is_refused(store: Store) -> None:
    lost = planned(store)
    overdue(store)
    assert reap(store) == [""]
    claim = store.tasks.claim_planning("t", limit=9)
    assert isinstance(claim, PlanningClaim)
    plan = plan_of({"a": []})
    assert not store.tasks.save_plan("t", lost.token, plan)
    assert store.tasks.start("t", lost.token, plan, direct=True) is None
    assert not store.tasks.fail_planning("t", lost.token, "no", "could_not_plan")
    assert not store.tasks.postpone_planning("t", lost.token, 1)
    assert not store.tasks.ask("t", lost.token, DRAFT)
    assert not store.tasks.finish_planning("t", lost.token)
    assert store.tasks.save_plan("t", claim.token, plan)


def test_a_task_that_stops_its_planner_twice_is_failed_and_said(store: Store) -> None:
    planned(store)
    overdue(store)
    assert reap(store) == [""]
    assert isinstance(store.tasks.claim_planning("t", limit=9), PlanningClaim)
    overdue(store)
    assert reap(store) == []
    view = store.tasks.view("t")
    assert view.status.value == "failed"
    assert "lost twice" in (view.error or "")
    assert store.tasks.claim_planning("t", limit=9) == Refused("done")


def test_renewal_holds_the_step_and_names_what_is_lost(store: Store) -> None:
    claim = planned(store)
    assert store.tasks.renew([("t", "", claim.token)]).lost == []
    overdue(store)
    assert store.tasks.renew([("t", "", claim.token)]).lost == []
    assert reap(store) == []
    assert store.tasks.renew([("t", "", claim.token + 1)]).lost == [("t", "", claim.token + 1)]


def test_postponed_planning_is_taken_again_without_a_second_event(store: Store) -> None:
    claim = planned(store)
    assert store.tasks.postpone_planning("t", claim.token, 0, "git is not listed yet")
    assert reap(store) == [""]
    again = store.tasks.claim_planning("t", limit=9)
    assert isinstance(again, PlanningClaim)
    assert store.tasks.postpone_planning("t", again.token, 60, "git is not listed yet")
    assert types(store) == ["task.pending", "task.planning", "log"]


def test_a_missing_input_is_asked_and_its_answer_is_in_the_task(store: Store) -> None:
    claim = planned(store, inputs={"depth": 3})
    assert store.tasks.ask("t", claim.token, WHICH)
    view = store.tasks.view("t")
    assert view.status == "waiting_user_input"
    assert [(q.id, q.prompt) for q in view.interventions] == [("task.1", "Which repositories?")]
    assert store.tasks.claim_planning("t", limit=9) == Refused("waiting")
    sends = store.tasks.answer("t", Answer(intervention_id="task.1", response="provide", values={"paths": ["/a"]}))
    assert sends == [Delivery("t", "", PLANNER)]
    again = store.tasks.claim_planning("t", limit=9)
    assert isinstance(again, PlanningClaim)
    assert again.task.inputs == {"depth": 3, "paths": ["/a"]}
    assert not again.approved
    assert store.tasks.view("t").interventions == ()


def test_an_approved_draft_comes_back_with_its_plan(store: Store) -> None:
    claim = planned(store)
    plan = plan_of({"a": []})
    store.tasks.save_plan("t", claim.token, plan)
    store.tasks.ask("t", claim.token, DRAFT)
    with pytest.raises(WrongStatus, match="approve, deny"):
        store.tasks.answer("t", Answer(intervention_id="task.1", response="perhaps"))
    store.tasks.answer("t", Answer(intervention_id="task.1", response="approve"))
    again = store.tasks.claim_planning("t", limit=9)
    assert isinstance(again, PlanningClaim)
    assert (again.approved, again.plan) == (True, plan)
    with pytest.raises(WrongStatus, match="not open"):
        store.tasks.answer("t", Answer(intervention_id="task.1", response="approve"))


def test_a_refused_draft_cancels_the_task(store: Store) -> None:
    claim = planned(store)
    store.tasks.ask("t", claim.token, DRAFT)
    assert store.tasks.answer("t", Answer(intervention_id="task.1", response="deny", by="ann")) == []
    view = store.tasks.view("t")
    assert (view.status.value, view.error) == ("cancelled", "denied by ann")


def test_a_choice_about_the_whole_task_becomes_its_type(store: Store) -> None:
    claim = planned(store)
    store.tasks.ask(
        "t", claim.token, Intervention(id="task.1", kind="choice", prompt="Which?", choices=("one", "two", "cancel"))
    )
    store.tasks.answer("t", Answer(intervention_id="task.1", response="two"))
    assert store.tasks.task("t").type == "two"
    assert status(store) == "planning"


def test_plan_only_ends_with_the_plan_as_result(store: Store) -> None:
    claim = planned(store)
    plan = plan_of({"a": []})
    store.tasks.save_plan("t", claim.token, plan)
    assert store.tasks.finish_planning("t", claim.token)
    assert status(store) == "completed"
    assert store.tasks.plan("t") == plan
    assert types(store)[-1] == "task.completed"


def test_what_cannot_be_planned_fails_with_its_reason(store: Store) -> None:
    claim = planned(store)
    assert store.tasks.fail_planning("t", claim.token, "no template matches", "could_not_plan")
    view = store.tasks.view("t")
    assert (view.status.value, view.error) == ("failed", "no template matches")


def test_a_plan_without_subtasks_completes_at_once(store: Store) -> None:
    assert started(store, {}) == []
    assert status(store) == "completed"


def freed(store: Store) -> list[Delivery]:
    """What freeing slots sends, from now on."""
    sent: list[Delivery] = []
    store.when_freed(sent.extend)
    return sent


def waiting(store: Store, task_id: str, **fields: Any) -> None:
    """A task for which there is no slot."""
    store.tasks.create(HighLevelTask(task_id=task_id, description="do it", **fields))
    assert store.tasks.claim_planning(task_id, limit=1) == Refused("limited")


def test_only_so_many_tasks_run_and_a_free_slot_wakes_the_most_urgent(store: Store) -> None:
    started(store, {"a": []}, task_id="first")
    for name, priority in (("low", 1), ("high", 9)):
        waiting(store, name, priority=priority)
    assert store.tasks.claim_planning("low", limit=1) == Refused("limited")
    assert types(store, "low") == ["task.pending", "log"]
    assert store.tasks.reap(10, ()) == []
    sent = freed(store)
    run(store, "a", task_id="first")
    assert sent == [Delivery("high", "", PLANNER, 9)]
    assert store.tasks.claim_planning("low", limit=1) == Refused("limited"), "the free slot is the urgent one's"
    assert isinstance(store.tasks.claim_planning("high", limit=1), PlanningClaim)
    store.tasks.cancel("high", "ann")
    assert sent[1:] == [Delivery("low", "", PLANNER, 1)]
    assert isinstance(store.tasks.claim_planning("low", limit=1), PlanningClaim)


def test_waiting_and_paused_tasks_hold_no_slot_and_come_back_without_asking(store: Store) -> None:
    one = planned(store, "one", limit=1)
    store.tasks.ask("one", one.token, WHICH)
    planned(store, "two", limit=1)
    store.tasks.pause("two", "ann")
    planned(store, "three", limit=1)
    store.tasks.answer("one", Answer(intervention_id="task.1", response="provide"))
    assert isinstance(store.tasks.claim_planning("one", limit=1), PlanningClaim)


def test_two_slots_freed_at_once_start_two_tasks(store: Store) -> None:
    for name in ("a1", "a2"):
        planned(store, name, limit=2)
    for name in ("b1", "b2"):
        store.tasks.create(HighLevelTask(task_id=name, description="do it"))
        assert store.tasks.claim_planning(name, limit=2) == Refused("limited")
    sent = freed(store)
    store.tasks.cancel("a1", "ann")
    store.tasks.cancel("a2", "ann")
    assert [send.task_id for send in sent] == ["b1", "b2"]
    for send in sent:
        assert isinstance(store.tasks.claim_planning(send.task_id, limit=2), PlanningClaim)
    assert store.tasks.reap(10, ()) == []


@pytest.mark.parametrize("how", ["complete", "fail", "ask", "pause", "cancel", "finish", "ask subtask", "expire"])
def test_whatever_frees_a_slot_lets_the_next_task_in_at_once(store: Store, how: str) -> None:
    claim = planned(store, limit=1)
    if how in ("complete", "ask subtask"):
        store.tasks.start("t", claim.token, plan_of({"a": []}), direct=True)
    waiting(store, "next")
    sent = freed(store)
    acts = {
        "complete": lambda: run(store, "a"),
        "fail": lambda: store.tasks.fail_planning("t", claim.token, "no", "could_not_plan"),
        "ask": lambda: store.tasks.ask("t", claim.token, WHICH),
        "pause": lambda: store.tasks.pause("t", "ann"),
        "cancel": lambda: store.tasks.cancel("t", "ann"),
        "finish": lambda: store.tasks.finish_planning("t", claim.token),
        "ask subtask": lambda: store.tasks.ask_subtask("t", "a", granted(store, "a").token, WHICH),
        "expire": lambda: (overdue(store, "!"), sent.extend(store.tasks.reap(10, ()))),
    }
    acts[how]()
    assert sent == [Delivery("next", "", PLANNER, 5)]
    assert store.tasks.reap(10, ()) == []


def test_a_task_that_was_let_in_and_is_stopped_before_it_begins_gives_its_slot_on(store: Store) -> None:
    planned(store, limit=1)
    for name in ("one", "two", "three"):
        waiting(store, name)
    sent = freed(store)
    store.tasks.cancel("t", "ann")
    store.tasks.cancel("one", "ann")
    store.tasks.pause("two", "ann")
    assert [send.task_id for send in sent] == ["one", "two", "three"]


def test_a_lost_message_of_a_task_that_was_let_in_is_sent_again(store: Store) -> None:
    planned(store, limit=1)
    waiting(store, "next")
    store.tasks.cancel("t", "ann")
    overdue(store, "", "next")
    assert [send.task_id for send in store.tasks.reap(10, ())] == ["next"]


def test_one_task_of_mine_comes_up_behind_one_of_yours_however_many_of_yours_wait(store: Store) -> None:
    planned(store, limit=1)
    for name, owner in [*((f"a{n}", "ann") for n in range(5)), ("b0", "bob"), ("c0", "cat"), ("b1", "bob")]:
        waiting(store, name, owner=owner)
    sent, order = freed(store), ["t"]
    for _ in range(8):
        store.tasks.cancel(order[-1], "ann")
        order.append(sent[-1].task_id)
    assert order == ["t", "a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"]


def test_a_greater_limit_lets_in_who_waits(store: Store) -> None:
    planned(store, limit=1)
    for name in ("one", "two", "three"):
        waiting(store, name)
    sent = freed(store)
    assert store.tasks.claim_planning("three", limit=3) == Refused("limited")
    assert [send.task_id for send in sent] == ["one", "two"]


def test_a_task_over_its_time_fails_and_its_running_call_is_given_up(store: Store) -> None:
    started(store, {"a": [], "b": []})
    claim = store.tasks.claim("t", "a", "dev")
    assert not isinstance(claim, Refused)
    overdue(store, "!")
    assert reap(store) == []
    assert store.tasks.renew([("t", "a", claim.token)]).lost == [("t", "a", claim.token)]
    assert status(store) == "running"
    overdue(store, "a")
    reap(store)
    view = store.tasks.view("t")
    assert (view.status.value, view.error) == ("failed", "timed out after 3600 s")
    assert [one.status.value for one in view.subtasks] == ["cancelled", "cancelled"]


def test_the_clock_of_a_task_stands_still_while_it_waits(store: Store) -> None:
    def deadline() -> object:
        return store.connection.command("ZSCORE", store.keys.due, "t|!")

    claim = planned(store)
    assert deadline() is not None
    store.tasks.ask("t", claim.token, WHICH)
    assert deadline() is None
    store.tasks.answer("t", Answer(intervention_id="task.1", response="provide"))
    assert deadline() is not None


def test_an_ended_task_expires_and_leaves_the_index_of_recent_ones(settings: Settings) -> None:
    brief = settings.model_copy(update={"retention": settings.retention.model_copy(update={"days": 1e-9})})
    with open_store(brief) as store:
        claim = planned(store)
        store.tasks.fail_planning("t", claim.token, "no", "could_not_plan")
        store.tasks.reap(10, ())
        assert store.tasks.recent() == []
        with pytest.raises(TaskNotFound):
            store.tasks.view("t")
        assert store.connection.command("ZCARD", store.keys.due) == 0
        assert store.tasks.create(HighLevelTask(task_id="t", description="again"))
