"""An older document put back, a missing or an older head, an answer that nobody gave: noticed by who reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Intervention, Outcome, Plan
from aether_agents.errors import CannotOpen, Tampered
from aether_agents.settings.model import Settings
from aether_agents.store import APPROVE, DENY, PlanningClaim, Store, Unopened, open_store
from aether_agents.store.client.head_memory import HeadMemory, Seen
from aether_agents.store.interventions import answers
from tests.integration.store.plans import granted, plan_of, planned, run, started

ASKED = {"needs_approval": True}
#: Some fields of a task as 0.1.0 wrote it.
OF_BEFORE = ("task_id", "description", "owner", "form", "by")


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


def test_an_older_outcome_does_not_count(store: Store) -> None:
    """The result of a subtask before the last answer about it: a no in the place of what was done, or the other way."""
    started(store, {"a": []}, a=ASKED)
    access = store.tasks._access
    before = access.open_head("t", store.connection.command("HGET", store.keys.task("t"), "head"))
    older = access.seal_outcome("t", "a", Outcome(status="failed", error="no", error_kind="person"), before)
    respond(store, APPROVE)
    run(store, "a")
    assert store.tasks.outcomes("t", ["a"])["a"].status == "completed"
    store.connection.command("HSET", store.keys.subtasks("t"), "o:a", older)
    with pytest.raises(Tampered, match="version 0"):
        store.tasks.outcomes("t", ["a"])
    (seen,) = store.tasks.view("t", outputs=True).subtasks
    assert "version 0" in (seen.error or ""), "who looks is told, and sees the rest"


def test_what_was_said_in_an_earlier_life_of_an_id_does_not_count(store: Store) -> None:
    """The id of a batch's entry is the same each time. A yes of last year, of the same version, is not this one's."""
    kept: list[tuple[str, str, bytes]] = []
    for life in (1, 2):
        started(store, {"a": [], "b": ["a"]}, a=ASKED)
        respond(store, (APPROVE, DENY)[life - 1])
        if life == 1:
            run(store, "a")
            for key, fields in (
                (store.keys.task("t"), ("task", "plan")),
                (store.keys.subtasks("t"), ("a:a", "o:a", "d:b")),
            ):
                found = store.connection.command("HMGET", key, *fields)
                kept += [(key, field, blob) for field, blob in zip(fields, found, strict=True)]
            store.tasks.cancel("t", "ann")
            for key in (store.keys.task("t"), store.keys.subtasks("t"), store.keys.events("t")):
                store.connection.command("DEL", key)
    access = store.tasks._access
    head = access.open_head("t", store.connection.command("HGET", store.keys.task("t"), "head"))
    opening: dict[str, Callable[[bytes], object]] = {
        "task": lambda blob: access.open_task("t", blob, head),
        "plan": lambda blob: access.open_plan("t", blob, head),
        "a:a": lambda blob: answers.opened(access, "t", "a", blob, head),
        "o:a": lambda blob: access.open_outcome("t", "a", blob, head),
        "d:b": lambda blob: access.open_subtask("t", "b", blob, head),
    }
    assert [field for _, field, _ in kept] == list(opening)
    for _, field, blob in kept:
        with pytest.raises(Tampered):
            opening[field](blob)


def whole(store: Store) -> Callable[[], None]:
    """Remembers all keys of the task; called, puts all of them there again."""
    keys = [store.keys.task("t"), store.keys.subtasks("t"), store.keys.events("t"), store.keys.waiting("t")]
    held = [(key, store.connection.command("DUMP", key)) for key in keys]

    def put() -> None:
        for key, blob in held:
            store.connection.command("DEL", key)
            if blob is not None:
                store.connection.command("RESTORE", key, 0, blob)

    return put


def test_a_whole_task_put_back_is_noticed_by_every_process_of_a_machine_that_saw_the_later_one(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    """Its worker used a yes up, and is gone; another takes the task as it was before the call."""
    started(store, {"a": []}, a={**ASKED, "repeatable": False})
    respond(store, APPROVE)
    again = whole(store)
    with open_store(settings) as worker:
        claim = granted(worker, "a")
        assert claim.answer is not None
        worker.tasks.use_answer("t", "a", claim.token, used=True)
    again()
    with open_store(settings) as other:
        taken = other.tasks.claim("t", "a", "dev")
        assert isinstance(taken, Unopened)
        assert (taken.tampered, "older" in taken.reason) == (True, True)
    again()
    elsewhere = settings.model_copy(update={"home": tmp_path / "another"})
    with open_store(elsewhere) as stranger:  # SECURITY.md: a machine that never saw the later one does not notice
        assert granted(stranger, "a").answer is not None
    store.tasks.cancel("t", "ann")


def test_a_head_that_is_older_because_the_store_is_has_its_answers_asked_again(
    store: Store, settings: Settings
) -> None:
    """No alarm and no failure: it was seen on a server before it was started again, and that may have lost a second."""
    started(store, {"a": []}, a=ASKED)
    respond(store, APPROVE)
    access = store.tasks._access
    head = access.open_head("t", store.connection.command("HGET", store.keys.task("t"), "head"))
    memory = HeadMemory(settings.home, f"{store.connection.address} {store.keys.prefix}")
    memory.keep("t", Seen(head.life, head.number + 3, "a server before"))
    claim = granted(store, "a")
    assert (claim.answer, claim.tampered, "came back older" in claim.doubt) == (None, False, True)
    store.tasks.ask_subtask("t", "a", claim.token, Intervention(id="x", kind="approval", prompt="?"))
    respond(store, APPROVE)
    again = granted(store, "a")
    assert (again.answer is not None, again.head.number, again.head.later) == (True, head.number + 4, 0)
    store.tasks.cancel("t", "ann")


def test_what_is_remembered_of_heads_is_bounded_and_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.store.client.head_memory.MOST", 10)
    mine, others = HeadMemory(tmp_path, "one"), HeadMemory(tmp_path, "one")
    for number in range(60):
        mine.keep(f"t{number % 20}", Seen("life", number, "server"))
    assert len((tmp_path / "heads").read_text().splitlines()) <= 21
    assert (tmp_path / "heads").stat().st_mode & 0o777 == 0o600
    assert others.of("t19") == mine.of("t19") == Seen("life", 59, "server")
    assert HeadMemory(tmp_path, "one").of("t1") is None, "the latest are kept"
    others.keep("t19", Seen("life", 3, "server"))
    assert mine.of("t19") == Seen("life", 59, "server"), "an earlier one teaches nothing"
    assert HeadMemory(tmp_path, "another").of("t19") is None
    (tmp_path / "heads").write_bytes(b"junk \xff\n\n" + b"x" * 1_000)
    assert HeadMemory(tmp_path, "one").of("t19") is None


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


def test_what_a_version_before_asked_is_read_from_its_plan_on(store: Store) -> None:
    """It has no head; the plan of this version brings one. A plan without was called changed by somebody."""
    key, connection = store.keys.task("t"), store.connection.command
    store.tasks.create(HighLevelTask(task_id="t", description="do it"))
    before = {**HighLevelTask(task_id="t", description="do it").model_dump(mode="json"), "form": 1, "by": "0.1.0"}
    old = {name: value for name, value in before.items() if value is not None and name in OF_BEFORE}
    connection("HSET", key, "task", store.tasks._access.sealer.seal("task/t", old))
    connection("HDEL", key, "head")
    claim = store.tasks.claim_planning("t", limit=10)
    assert isinstance(claim, PlanningClaim)
    assert store.tasks.save_plan("t", claim.token, plan_of({"a": []}))
    assert store.tasks.view("t").plan is not None
    store.tasks.ask(
        "t", claim.token, Intervention(id="", kind="confirmation", prompt="Run it?", choices=("approve", DENY))
    )
    respond(store, APPROVE)
    again = store.tasks.claim_planning("t", limit=10)
    assert isinstance(again, PlanningClaim)
    assert again.plan is not None
    assert store.tasks.start("t", again.token, again.plan, direct=True)
    run(store, "a")
    assert store.tasks.view("t").status.value == "completed"
