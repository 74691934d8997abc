"""What people decide: inputs, approvals, cancel, pause."""

from pathlib import Path

import pytest

from aether_agents.contracts import Answer, EventType, HighLevelTask, TaskStatus
from aether_agents.errors import NotAllowed, WrongStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.fundamentals.conftest import task_of


def until(orchestrator: Orchestrator, task_id: str, kind: EventType) -> None:
    """Follow a task until something of a kind has happened."""
    for event in orchestrator.follow(task_id):
        if event.type is kind:
            return
    raise AssertionError(f"{task_id} ended without {kind}: {orchestrator.view(task_id).error}")


def write(folder: Path, **more: object) -> HighLevelTask:
    """A task that writes a note; the tool has no row in any table, so it counts as destructive."""
    args = {"folder": str(folder), "name": "note", "text": "hello"}
    return task_of({"id": "write", "tool": "stranger/write_note", "args": args, **more}, folder=str(folder))


def test_an_unknown_tool_asks_before_it_acts(orchestrator: Orchestrator, tmp_path: Path) -> None:
    """What nobody has looked at is destructive: a person sees the call and says yes, then it runs."""
    task_id = orchestrator.submit(write(tmp_path))
    until(orchestrator, task_id, EventType.TASK_WAITING)
    assert not (tmp_path / "note").exists()
    (asked,) = orchestrator.view(task_id).interventions
    assert asked.kind == "approval"
    assert "stranger/write_note" in asked.prompt
    orchestrator.answer(task_id, Answer(intervention_id=asked.id, response="approve"))
    until(orchestrator, task_id, EventType.TASK_COMPLETED)
    assert (tmp_path / "note").read_text() == "hello"


def test_a_refused_call_is_never_made(orchestrator: Orchestrator, tmp_path: Path) -> None:
    """Refusing ends the subtask; nothing was written."""
    task_id = orchestrator.submit(write(tmp_path))
    until(orchestrator, task_id, EventType.TASK_WAITING)
    (asked,) = orchestrator.view(task_id).interventions
    orchestrator.answer(task_id, Answer(intervention_id=asked.id, response="deny"))
    until(orchestrator, task_id, EventType.TASK_FAILED)
    assert not (tmp_path / "note").exists()


def test_only_a_supervisor_approves(orchestrator: Orchestrator, tmp_path: Path) -> None:
    """Roles: a user acts on his own tasks, but does not approve."""
    task_id = orchestrator.submit(write(tmp_path).model_copy(update={"owner": "ann", "role": "User"}))
    until(orchestrator, task_id, EventType.TASK_WAITING)
    (asked,) = orchestrator.view(task_id).interventions
    with pytest.raises(NotAllowed):
        orchestrator.answer(task_id, Answer(intervention_id=asked.id, response="approve", by="ann"), role="User")
    orchestrator.cancel(task_id, by="ann", role="User")
    assert orchestrator.view(task_id).status is TaskStatus.CANCELLED


def test_a_missing_input_is_asked_for(orchestrator: Orchestrator, project: Path) -> None:
    """Nothing is invented: what a template needs and nobody gave is asked, and the task waits."""
    task = HighLevelTask(
        description="Code quality assessment across these repositories", type="code_quality", plan_only=True
    )
    task_id = orchestrator.submit(task)
    until(orchestrator, task_id, EventType.TASK_WAITING)
    (asked,) = orchestrator.view(task_id).interventions
    assert asked.kind == "input"
    name = next(iter(asked.fields))
    orchestrator.answer(task_id, Answer(intervention_id=asked.id, response="provide", values={name: [str(project)]}))
    until(orchestrator, task_id, EventType.TASK_COMPLETED)
    plan = orchestrator.plan_of(task_id)
    assert plan is not None
    assert plan.values[name] == [str(project)]


def test_cancel_ends_a_call_that_is_under_way(orchestrator: Orchestrator) -> None:
    """Nothing of a cancelled task starts any more, and its server is told to stop."""
    task = task_of(
        {"id": "long", "tool": "echo/wait", "args": {"seconds": 60}},
        {"id": "after", "tool": "echo/echo", "needs": ["long"]},
    )
    task_id = orchestrator.submit(task)
    until(orchestrator, task_id, EventType.SUBTASK_STARTED)
    orchestrator.cancel(task_id, reason="enough")
    until(orchestrator, task_id, EventType.TASK_CANCELLED)
    assert {str(one.status) for one in orchestrator.view(task_id).subtasks} == {"cancelled"}
    with pytest.raises(WrongStatus):
        orchestrator.cancel(task_id)


def test_a_paused_task_goes_on_where_it_was(orchestrator: Orchestrator) -> None:
    """Pausing starts nothing new; resuming goes on; nothing runs twice."""
    task = task_of(
        {"id": "first", "tool": "echo/wait", "args": {"seconds": 1}},
        {"id": "second", "tool": "echo/echo", "needs": ["first"]},
    )
    task_id = orchestrator.submit(task)
    until(orchestrator, task_id, EventType.SUBTASK_STARTED)
    orchestrator.pause(task_id)
    until(orchestrator, task_id, EventType.SUBTASK_COMPLETED)
    assert orchestrator.view(task_id).status is TaskStatus.PAUSED
    orchestrator.resume(task_id)
    until(orchestrator, task_id, EventType.TASK_COMPLETED)
    started = [event.subtask_id for event in orchestrator.events(task_id) if event.type is EventType.SUBTASK_STARTED]
    assert started == ["first", "second"]
