"""Upgrades: what each form left in a store is read, gone on with and ended; newer is refused, and left alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, HighLevelTask, Intervention, Json, Plan, SubtaskStatus
from aether_agents.errors import CannotOpen, WrongStatus
from aether_agents.store import Refused, Store
from aether_agents.store.client import migrations
from tests.integration.store import stored
from tests.integration.store.plans import DONE, granted, planned, reap, refused, run, started, status

FORMS = sorted(stored.FOLDER.glob("*.json"))


def holds(whole: Any, part: Any) -> bool:
    """Whether all that was read then is read now, with the same value; new fields may stand beside it."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and holds(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(holds(*pair) for pair in zip(whole, part, strict=True))
    return bool(whole == part)


@pytest.fixture(params=FORMS, ids=lambda path: f"form {path.stem}")
def held(request: pytest.FixtureRequest, store: Store) -> Any:
    """A store that holds what one form left there."""
    found = json.loads(Path(request.param).read_text(encoding="utf-8"))
    for task_id, task in found["tasks"].items():
        stored.plant(store, task_id, task)
    for server, entry in found["catalogue"].items():
        blob = store.tasks._access.sealer.seal(stored.Places.server(server), entry)
        store.connection.command("HSET", store.keys.catalogue, server, blob)
    for field, text in found["schedules"].items():
        store.connection.command("HSET", store.keys.schedules, field, text)
    yield found
    for task_id in found["tasks"]:
        if store.tasks.view(task_id).finished_at is None:
            store.tasks.cancel(task_id, "ann")


def test_every_form_up_to_ours_has_its_documents() -> None:
    assert [path.stem for path in FORMS] == [str(number) for number in range(1, migrations.FORM + 1)]


def test_an_ended_task_is_read_as_it_was_meant(held: Any, store: Store) -> None:
    view = store.tasks.view("ended", outputs=True)
    assert (view.status.value, view.degraded, view.outputs) == ("completed", True, {"said": [1, 2]})
    assert [one.id for one in view.subtasks] == ["list", "list#0", "list#1", "lint"]
    assert [one.status for one in view.subtasks][-1] is SubtaskStatus.FAILED
    events = list(store.events.read("ended"))
    assert [event.seq for event in events] == list(range(1, view.seq + 1))
    assert events[-1].type.value == "task.completed"
    plan = store.tasks.plan("ended")
    assert plan is not None
    now = {
        "task": store.tasks.task("ended").model_dump(mode="json"),
        "plan": plan.model_dump(mode="json"),
        "outcome": store.tasks.outcomes("ended", ["lint"])["lint"].model_dump(mode="json"),
        "server": store.catalogue.entries()["echo"].model_dump(mode="json"),
    }
    wrong = [name for name in now if not holds(now[name], held["read"][name])]
    assert wrong == [], "a field or a default means something else now: that is a new form (store/client/migrations.py)"
    assert store.schedules.notes()["nightly"].fired is not None
    assert [view.task_id for view in store.tasks.recent()][-1] in held["tasks"]
    assert len(store.tasks.left("ended")) == 4
    assert store.tasks.links("ended").undone_by == ("open",)


@pytest.mark.usefixtures("held")
def test_a_running_task_goes_on_to_its_end(store: Store) -> None:
    assert "second" in reap(store), "its worker was lost with the version that ran it"
    assert run(store, "second", task_id="open") == ["third"]
    run(store, "third", task_id="open")
    assert status(store, task_id="open") == "completed"


@pytest.mark.usefixtures("held")
def test_a_question_is_answered_and_its_task_ends(store: Store) -> None:
    (question,) = store.tasks.view("asking").interventions
    yes = Answer(intervention_id=question.id, response="approve")
    if "approve" not in question.choices:  # it stands in clear: never answered, asked anew by whoever runs it
        with pytest.raises(WrongStatus, match="not sealed"):
            store.tasks.answer("asking", yes)
        claim = granted(store, "ask", "asking")
        assert (claim.answered, claim.tampered, bool(claim.doubt)) == (False, False, True)  # and no alarm
        store.tasks.ask_subtask("asking", "ask", claim.token, Intervention(id="", kind="approval", prompt="Go on?"))
        yes = Answer(intervention_id=store.tasks.view("asking").interventions[0].id, response="approve")
    sends = store.tasks.answer("asking", yes)
    assert [send.subtask_id for send in sends] == ["ask"]
    claim = granted(store, "ask", "asking")
    assert claim.answered
    store.tasks.complete("asking", "ask", claim.token, DONE)
    run(store, "last", task_id="asking")
    assert status(store, task_id="asking") == "completed"


@pytest.mark.usefixtures("held")
def test_a_task_whose_planner_was_lost_is_planned(store: Store) -> None:
    assert "" in reap(store)
    claim = store.tasks.claim_planning("planning", limit=100)
    assert not isinstance(claim, Refused)
    assert store.tasks.task("planning").inputs == {"path": "/a"}


# -- newer than ours -----------------------------------------------------------------------------------------------


def newer(store: Store, task_id: str = "t") -> None:
    """What a process of the next form leaves: its mark on the task and in its document."""
    access = store.tasks._access
    text = {"form": migrations.FORM + 1, "by": "9.9.9", "task_id": task_id, "wish": "do it"}
    head = access.open_head(task_id, store.connection.command("HGET", store.keys.task(task_id), "head"))
    blob = access.sealer.seal(head.place(stored.Places.task(task_id)), text)
    store.connection.command("HSET", store.keys.task(task_id), "form", migrations.FORM + 1, "task", blob)


def test_a_newer_document_is_refused_with_what_to_do(store: Store) -> None:
    started(store, {"a": []})
    newer(store)
    told = (
        rf"written by version 9\.9\.9 .* in form {migrations.FORM + 1}; .* reads up to form {migrations.FORM}: upgrade"
    )
    with pytest.raises(CannotOpen, match=told):
        store.tasks.view("t")
    store.tasks.cancel("t", "ann")


def test_an_older_worker_leaves_a_newer_task_alone_until_a_newer_one_comes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(store, {"a": []})
    store.connection.command("HSET", store.keys.task("t"), "form", migrations.FORM + 1)
    store.connection.command("ZADD", store.keys.due, 0, "t|a")
    assert reap(store) == []
    assert refused(store, "a") == "newer"
    assert status(store, "a") == "ready", "nothing was lost, no attempt was counted"
    upgrade(store, monkeypatch)
    assert reap(store) == ["a"]
    run(store, "a")
    assert status(store) == "completed"


def test_two_versions_share_a_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    started(store, {"a": [], "b": ["a"]}, task_id="both")
    held_by_old = granted(store, "a", "both")
    planned(store, "old")
    old = store.tasks._access.library._version
    with monkeypatch.context() as later:
        upgrade(store, later)
        assert store.tasks._access.library._version != old
        planned(store, "new")
    assert refused_planning(store, "new") == "newer"
    done = store.tasks.complete("both", "a", held_by_old.token, DONE)
    assert done.kind == "ok", "what an older worker runs still counts"
    with monkeypatch.context() as later:
        upgrade(store, later)
        run(store, "b", task_id="both")
        assert status(store, task_id="both") == "completed"
    for task_id in ("old", "new"):
        store.tasks.cancel(task_id, "ann")


def refused_planning(store: Store, task_id: str) -> str:
    claim = store.tasks.claim_planning(task_id, limit=100)
    assert isinstance(claim, Refused)
    return claim.reason


def upgrade(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process one of the next form: its library has another name, its documents say so."""
    library = store.tasks._access.library
    source = library._source.replace(f"local FORM = {migrations.FORM}\n", f"local FORM = {migrations.FORM + 1}\n")
    monkeypatch.setattr(migrations, "FORM", migrations.FORM + 1)
    monkeypatch.setattr(library, "_source", source.replace(library._version, "0123456789ab"))
    monkeypatch.setattr(library, "_version", "0123456789ab")


# -- steps ---------------------------------------------------------------------------------------------------------


def test_a_step_makes_the_next_form_of_an_older_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(fields: dict[str, Json]) -> dict[str, Json]:
        return {("description" if name == "wish" else name): value for name, value in fields.items()}

    monkeypatch.setattr(migrations, "FORM", 3)
    monkeypatch.setattr(migrations, "STEPS", {3: {HighLevelTask: renamed}})
    for form in ({}, {"form": 1}, {"form": 2, "by": "0.1.0"}):
        task = migrations.read(HighLevelTask, "task/t", {**form, "task_id": "t", "wish": "do it"})
        assert task.description == "do it"
    with pytest.raises(CannotOpen, match="`wish`"):
        migrations.read(HighLevelTask, "task/t", {"form": 3, "task_id": "t", "wish": "do it"})


@pytest.mark.parametrize("form", ["2", None, True, 1.5, 0, 99])
def test_a_form_that_is_no_number_of_ours_is_refused(form: Any) -> None:
    with pytest.raises(CannotOpen, match="another version"):
        migrations.read(Plan, "plan/t", {"form": form})
