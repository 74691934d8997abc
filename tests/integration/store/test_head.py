"""An older document put back, a missing or an older head, an answer that nobody gave: noticed by who reads."""

from collections.abc import Callable

import pytest

from aether_agents.contracts import Answer, Intervention, Plan
from aether_agents.errors import CannotOpen, Tampered
from aether_agents.settings.model import Settings
from aether_agents.store import APPROVE, DENY, PlanningClaim, Store, Unopened, open_store
from tests.integration.store.plans import granted, plan_of, planned, started

ASKED = {"needs_approval": True}


def put_back(store: Store, key: str, field: str) -> Callable[[], None]:
    """Remembers what lies there; called, puts it there again."""
    before = store.connection.command("HGET", key, field)
    return lambda: store.connection.command("HSET", key, field, before)


def respond(store: Store, response: str, **values: object) -> None:
    (question,) = store.tasks.view("t").interventions
    store.tasks.answer("t", Answer(intervention_id=question.id, response=response, values=values))


def ask(store: Store, **more: object) -> None:
    """Have the subtask `a` ask something."""
    claim = granted(store, "a")
    question = Intervention.model_validate({"id": "x", "kind": "input", "prompt": "Which?", "choices": [DENY], **more})
    store.tasks.ask_subtask("t", "a", claim.token, question)


def test_an_older_task_is_not_read(store: Store) -> None:
    started(store, {"a": []})
    again = put_back(store, store.keys.task("t"), "task")
    ask(store)
    respond(store, "provide", port=80)
    assert store.tasks.task("t").inputs == {"port": 80}
    again()
    for read in (store.tasks.task, store.tasks.view):
        with pytest.raises(Tampered, match="version 0"):
            read("t")
    assert "version 0" in store.tasks.recent()[0].description  # and the others of the list are read
    store.tasks.cancel("t", "ann")


def test_an_older_subtask_is_not_run(store: Store) -> None:
    started(store, {"a": []})
    again = put_back(store, store.keys.subtasks("t"), "d:a")
    ask(store, elicitation="sha256:1")
    respond(store, "provide", region="tokyo")
    again()
    claim = store.tasks.claim("t", "a", "dev")
    assert isinstance(claim, Unopened)
    assert (claim.tampered, "version 0" in claim.reason) == (True, True)
    store.tasks.cancel("t", "ann")


def test_an_older_answer_does_not_count(store: Store) -> None:
    started(store, {"a": []}, a=ASKED)
    respond(store, APPROVE)
    again = put_back(store, store.keys.subtasks("t"), "a:a")
    ask(store, elicitation="sha256:1")
    respond(store, "provide", region="tokyo")
    again()
    claim = granted(store, "a")
    assert (claim.answer, claim.tampered, "version 1" in claim.doubt) == (None, True, True)
    store.tasks.cancel("t", "ann")


@pytest.mark.parametrize("how", ["older", "missing", "of another task"])
def test_a_head_that_does_not_count_counts_for_nothing(store: Store, settings: Settings, how: str) -> None:
    started(store, {"a": []})
    key = store.keys.task("t")
    older = put_back(store, key, "head")
    ask(store)
    respond(store, "provide", port=80)
    if how == "older":
        older()
    elif how == "missing":
        store.connection.command("HDEL", key, "head")
    else:
        started(store, {"a": []}, task_id="other")
        store.connection.command(
            "HSET", key, "head", store.connection.command("HGET", store.keys.task("other"), "head")
        )
        store.tasks.cancel("other", "ann")
    with pytest.raises(Tampered):
        store.tasks.task("t")
    with open_store(settings) as stranger, pytest.raises(Tampered):  # who never saw the later head
        stranger.tasks.task("t")
    assert isinstance(store.tasks.claim("t", "a", "dev"), Unopened)
    store.tasks.cancel("t", "ann")


def test_an_older_head_with_all_it_names_is_noticed_by_who_saw_the_later_one(store: Store) -> None:
    started(store, {"a": []})
    parts = [put_back(store, store.keys.task("t"), field) for field in ("head", "task")]
    ask(store)
    respond(store, "provide", port=80)
    assert store.tasks.task("t").inputs == {"port": 80}
    for part in parts:
        part()
    with pytest.raises(Tampered, match="older"):
        store.tasks.task("t")
    store.tasks.cancel("t", "ann")


def test_an_id_that_is_used_again_is_another_task(store: Store) -> None:
    for port in (80, 81):
        started(store, {"a": []})
        ask(store)
        respond(store, "provide", port=port)
        assert store.tasks.task("t").inputs == {"port": port}
        store.tasks.cancel("t", "ann")
        for key in (store.keys.task("t"), store.keys.subtasks("t"), store.keys.events("t"), store.keys.waiting("t")):
            store.connection.command("DEL", key)


def draft() -> Plan:
    return plan_of({"a": []}).model_copy(update={"digest": "sha256:1", "origin": "draft"})


def reviewed(store: Store, response: str = APPROVE) -> PlanningClaim:
    """A draft whose review was answered; the planner's claim after it."""
    claim = planned(store)
    store.tasks.save_plan("t", claim.token, draft())
    asked = Intervention(id="x", kind="review", prompt="Run it?", choices=(APPROVE, DENY), binds="sha256:1")
    store.tasks.ask("t", claim.token, asked)
    respond(store, response)
    again = store.tasks.claim_planning("t", limit=100)
    assert isinstance(again, PlanningClaim)
    return again


def test_a_plan_is_approved_by_an_answer_alone(store: Store) -> None:
    claim = planned(store)
    store.tasks.save_plan("t", claim.token, draft())
    asked = Intervention(id="x", kind="review", prompt="Run it?", choices=(APPROVE, DENY), binds="sha256:1")
    store.tasks.ask("t", claim.token, asked)
    head = store.connection.command("HGET", store.keys.task("t"), "head")
    said = ("task.1", "go", APPROVE, "alice-the-supervisor", b"", head, head, b"yes", "", b"")
    assert store.tasks._access.call("answer", "t", *said)[0] == b"open"
    forged = store.tasks.claim_planning("t", limit=100)
    assert isinstance(forged, PlanningClaim)
    assert (forged.approved, bool(forged.doubt)) == (False, True)
    store.tasks.cancel("t", "ann")


def test_a_yes_to_another_plan_is_none_to_this_one(store: Store) -> None:
    claim = reviewed(store)
    assert (claim.approved, claim.doubt) == (True, "")
    store.tasks.save_plan("t", claim.token, draft().model_copy(update={"digest": "sha256:2"}))
    store.tasks.postpone_planning("t", claim.token, 0)
    other = store.tasks.claim_planning("t", limit=100)
    assert isinstance(other, PlanningClaim)
    assert not other.approved
    store.tasks.cancel("t", "ann")


def test_a_planner_is_not_given_a_task_that_was_put_back(store: Store) -> None:
    claim = planned(store)
    again = put_back(store, store.keys.task("t"), "task")
    store.tasks.ask("t", claim.token, Intervention(id="x", kind="input", prompt="Which?"))
    store.tasks.refine("t", "more", "ann")
    again()
    assert isinstance(store.tasks.claim_planning("t", limit=100), Unopened)
    with pytest.raises(CannotOpen):
        store.tasks.view("t")
    store.tasks.cancel("t", "ann")
