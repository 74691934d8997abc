"""An unrepeatable call whose worker was lost: it may have run, and a person, or its own late word, decides."""

import pytest

from aether_agents.contracts import Answer, Outcome
from aether_agents.store import Store
from tests.integration.store.plans import DONE, granted, overdue, reap, started, status

CHAIN = {"a": [], "b": ["a"], "c": ["b"]}
ONCE = {"repeatable": False}


def respond(store: Store, response: str, **more: object) -> list[str]:
    """Answer the only open question; gives the subtasks to send."""
    question = store.tasks.view("t").interventions[0]
    answer = Answer(intervention_id=question.id, response=response, **more)
    return [d.subtask_id for d in store.tasks.answer("t", answer)]


def lost(store: Store) -> int:
    """A run of an unrepeatable tool whose worker is gone; gives its token."""
    started(store, CHAIN, direct=False, a=ONCE)
    claim = granted(store, "a")
    overdue(store, "a")
    assert reap(store) == []
    question = store.tasks.view("t").interventions[0]
    assert "may have run" in question.prompt
    assert question.choices == ("retry", "skip", "fail")
    # the call goes on, as its result may still arrive; but one that was not sent yet is not sent any more
    assert store.tasks.renew([("t", "a", claim.token)]) == ([], [("t", "a", claim.token)])
    return claim.token


def test_a_late_outcome_of_the_last_run_is_genuine_and_closes_the_question(store: Store) -> None:
    token = lost(store)
    done = store.tasks.complete("t", "a", token, DONE)
    assert (done.kind, [d.subtask_id for d in done.deliveries]) == ("ok", ["b"])
    assert store.tasks.view("t").interventions == ()
    assert status(store) == "running"


def test_a_late_failure_may_be_tried_again(store: Store) -> None:
    token = lost(store)
    never_sent = Outcome(status="failed", error="no connection", error_kind="transport", sent=False)
    assert store.tasks.complete("t", "a", token, never_sent, retry_in=0).kind == "ok"
    assert reap(store) == ["a"]


def test_retry_runs_it_again_and_the_late_outcome_no_longer_counts(store: Store) -> None:
    token = lost(store)
    assert respond(store, "retry") == ["a"]
    assert store.tasks.renew([("t", "a", token)]).lost == [("t", "a", token)]
    assert store.tasks.complete("t", "a", token, DONE).kind == "stale"
    claim = granted(store, "a")
    assert claim.answered
    assert store.tasks.complete("t", "a", token, DONE).kind == "stale"
    assert store.tasks.complete("t", "a", claim.token, DONE).kind == "ok"


@pytest.mark.parametrize(
    ("response", "ends"), [("skip", ["skipped", "skipped", "skipped"]), ("fail", ["failed", "skipped", "skipped"])]
)
def test_skip_and_fail(store: Store, response: str, ends: list[str]) -> None:
    lost(store)
    respond(store, response)
    view = store.tasks.view("t")
    assert [one.status.value for one in view.subtasks] == ends
    assert (view.status.value, view.degraded) == (("completed", True) if response == "skip" else ("failed", False))
