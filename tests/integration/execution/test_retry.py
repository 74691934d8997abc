"""A retry in a bad world: its worker is killed, what it goes on with expires, its template or a tool changes."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, HighLevelTask, TaskView, Template
from aether_agents.errors import TaskNotFound, WrongStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.store import open_store
from aether_agents.store.client.places import Places
from tests.conftest import eventually
from tests.integration.execution.lab import Lab


@pytest.fixture
def orchestrator(bare_lab: Lab) -> Orchestrator:
    """The orchestrator to a laboratory whose worker a test may kill."""
    return Orchestrator(bare_lab.settings, open_store(bare_lab.settings))


def submitted(orchestrator: Orchestrator, task_id: str, *steps: dict[str, Any], **more: Any) -> str:
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": steps})
    return orchestrator.submit(HighLevelTask(task_id=task_id, description="A plan", document=document, **more))


def ended(orchestrator: Orchestrator, task_id: str) -> TaskView:
    eventually(lambda: orchestrator.has_ended(task_id), 60, f"{task_id} ends")
    return orchestrator.view(task_id, outputs=True)


def write(name: str, folder: Path, *needs: str) -> dict[str, Any]:
    args = {"folder": str(folder), "name": name, "text": "x"}
    return {"id": name, "tool": "dev-echo/write_note", "args": args, "needs": list(needs)}


def writes(lab: Lab) -> list[str]:
    """The notes that were written, as the servers saw it."""
    lines = lab.count_log.read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("W ")]


def test_kill_9_in_a_retry_doubles_nothing(bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path) -> None:
    lab, gate = bare_lab, tmp_path / "gate"
    worker = lab.worker()
    stand = {"id": "stand", "tool": "dev-echo/gate", "args": {"path": str(gate), "key": "stand"}, "needs": ["one"]}
    late = tmp_path / "late"
    task = submitted(
        orchestrator,
        "killed",
        write("one", tmp_path),
        write("two", late, "one"),
        stand,
        write("three", tmp_path, "stand", "two"),
    )
    eventually(lambda: "failed" in [one.status for one in orchestrator.view(task).subtasks], 60, "two fails")
    gate.touch()
    ended(orchestrator, task)
    gate.unlink()
    late.mkdir()
    retry = orchestrator.retry(task, "stand", agreed=True)

    def at_the_gate() -> bool:
        found = {one.id: one.status.value for one in orchestrator.view(retry).subtasks}
        return (found.get("two"), found.get("stand")) == ("completed", "running")

    eventually(at_the_gate, 60, "it stands at the gate")
    lab.kill(worker)
    lab.worker()
    gate.touch()
    view = ended(orchestrator, retry)
    assert view.status == "completed", view
    assert [one.kept_from for one in view.subtasks] == [task, None, None, None]
    assert sorted(writes(lab)) == ["one", "three", "two", "two"]  # the first two failed: its folder was not there


def test_of_a_task_that_expired_it_is_said(bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path) -> None:
    lab = bare_lab
    lab.worker()
    task = submitted(orchestrator, "old", write("one", tmp_path), write("two", tmp_path / "late", "one"))
    ended(orchestrator, task)
    waits = orchestrator.retry(task)  # it asks first; meanwhile what it goes on with expires
    question = eventually(lambda: next(iter(orchestrator.view(waits).interventions), None), 60, "it asks")
    keys = lab.store.keys
    lab.store.connection.command("DEL", keys.task(task), keys.subtasks(task), keys.events(task), keys.waiting(task))
    orchestrator.answer(waits, Answer(intervention_id=question.id, response="approve"))
    view = ended(orchestrator, waits)
    assert view.status == "failed"
    assert f"there is no task `{task}` (any more)" in (view.error or "")
    assert writes(lab) == ["one", "two"]
    with pytest.raises(TaskNotFound):
        orchestrator.retry(task)


def test_a_template_that_changed_is_planned_as_it_is_now(
    bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    lab = bare_lab
    worker = lab.worker()
    task = submitted(
        orchestrator, "before", write("one", tmp_path), {"id": "two", "tool": "dev-echo/fail", "args": {"message": "x"}}
    )
    ended(orchestrator, task)
    with pytest.raises(WrongStatus, match="did you mean `two`"):
        orchestrator.retry(task, "twoo")
    old = lab.store.tasks.task(task)
    assert old.document is not None
    changed = old.document.model_copy(update={"subtasks": (old.document.subtasks[0].model_copy(
        update={"args": {**old.document.subtasks[0].args, "text": "other"}}), old.document.subtasks[1])})  # fmt: skip
    access = lab.store.tasks._access
    place = lab.store.tasks._head(task).place(Places.task(task))
    blob = access.seal(place, old.model_copy(update={"document": changed}))
    lab.store.connection.command("HSET", lab.store.keys.task(task), "task", blob)
    retry = orchestrator.retry(task, plan_only=True)
    ended(orchestrator, retry)
    plan = lab.store.tasks.plan(retry)
    assert plan is not None
    assert plan.rerun is not None
    assert {one.subtask: one.why for one in plan.rerun.again} == {"one": "its arguments changed", "two": "failed"}
    assert "it was done in before already" in plan.rerun.again[0].asks
    assert orchestrator.view(task).retried_by == ()  # only to look is no retry
    assert worker.poll() is None


def test_a_tool_that_drifted_is_not_called_by_a_retry(
    bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    lab = bare_lab
    lab.worker()
    task = submitted(
        orchestrator, "drift", {"id": "bad", "tool": "dev-echo/list_notes", "args": {"folder": str(tmp_path / "late")}}
    )
    ended(orchestrator, task)
    (tmp_path / "late").mkdir()
    lab.store.catalogue.quarantine("dev-echo", "its tools changed")
    retry = orchestrator.retry(task, agreed=True)
    view = ended(orchestrator, retry)
    assert view.status == "failed"
    assert "is quarantined" in (view.error or "")


def test_what_somebody_changed_in_the_store_is_not_taken_over(
    bare_lab: Lab, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    lab = bare_lab
    lab.worker()
    task = submitted(orchestrator, "true", write("one", tmp_path), write("two", tmp_path / "late", "one"))
    ended(orchestrator, task)
    key = lab.store.keys.subtasks(task)
    lab.store.connection.command("HSET", key, "o:one", lab.store.connection.command("HGET", key, "o:two"))
    view = ended(orchestrator, orchestrator.retry(task, agreed=True))
    assert (view.status, "is not believed" in (view.error or "")) == ("failed", True)
    assert writes(lab) == ["one", "two"]
