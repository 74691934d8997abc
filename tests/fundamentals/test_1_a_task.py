"""What a person asks for, and what comes of it."""

from pathlib import Path

import pytest

from aether_agents.contracts import EventType, HighLevelTask, TaskStatus
from aether_agents.errors import NotAllowed, TaskNotFound
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.fundamentals.conftest import Run, task_of

HELLO = {"id": "hello", "tool": "echo/echo", "args": {"message": "hello"}}


def test_a_task_runs_to_its_end_and_has_a_result(run: Run, orchestrator: Orchestrator) -> None:
    """A task ends completed, failed or cancelled, and its outputs are what its plan refers to."""
    task = task_of(HELLO, outputs={"said": "${subtasks.hello.output.message}"})
    run(task)
    view = orchestrator.view(task.task_id, outputs=True)
    assert view.status is TaskStatus.COMPLETED
    assert view.outputs == {"said": "hello"}


def test_what_happens_comes_as_events_numbered_from_one(run: Run) -> None:
    """Events have no gaps, the first says the task was accepted and the last one ends it."""
    events = run(task_of(HELLO))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[0].type is EventType.TASK_PENDING
    assert events[-1].type is EventType.TASK_COMPLETED
    assert [event.type for event in events if event.subtask_id == "hello"] == [
        EventType.SUBTASK_READY,
        EventType.SUBTASK_STARTED,
        EventType.SUBTASK_COMPLETED,
    ]


def test_whoever_comes_late_misses_nothing(run: Run, orchestrator: Orchestrator) -> None:
    """Events are kept: reading again, or from a number on, gives the same."""
    task = task_of(HELLO)
    events = run(task)
    assert orchestrator.events(task.task_id) == events
    assert list(orchestrator.follow(task.task_id, after=3)) == events[3:]


def test_the_same_id_is_the_same_task(run: Run, orchestrator: Orchestrator) -> None:
    """Submitting twice runs once; another owner may not take an id over."""
    task = task_of(HELLO)
    run(task)
    assert orchestrator.submit(task) == task.task_id
    assert len([event for event in orchestrator.events(task.task_id) if event.type is EventType.SUBTASK_STARTED]) == 1
    with pytest.raises(NotAllowed):
        orchestrator.submit(task.model_copy(update={"owner": "somebody else"}))


def test_a_sentence_finds_a_template(run: Run, orchestrator: Orchestrator, project: Path) -> None:
    """Without a model: the sentence is matched to a template, and `this repository` is the caller's folder."""
    task = HighLevelTask(description="Security audit of this repository", folder=str(project), plan_only=True)
    run(task)
    plan = orchestrator.plan_of(task.task_id)
    assert plan is not None
    assert (plan.origin, plan.template) == ("template", "security_audit")
    assert plan.values["path"] == str(project)


def test_a_sentence_that_matches_nothing_is_not_guessed_at(run: Run, orchestrator: Orchestrator) -> None:
    """It could not plan, says so, and runs nothing."""
    task = HighLevelTask(description="Bake a cake with strawberries for Grandmother")
    events = run(task)
    assert events[-1].type is EventType.TASK_FAILED
    assert orchestrator.plan_of(task.task_id) is None
    assert "aether-agent templates list" in (orchestrator.view(task.task_id).error or "")


def test_a_plan_may_be_seen_before_anything_acts(run: Run, orchestrator: Orchestrator) -> None:
    """With `plan_only` a task ends with its plan as result; no tool was called."""
    task = task_of(HELLO, plan_only=True)
    events = run(task)
    assert events[-1].type is EventType.TASK_COMPLETED
    assert EventType.SUBTASK_STARTED not in {event.type for event in events}
    plan = orchestrator.plan_of(task.task_id)
    assert plan is not None
    assert [(one.id, one.tool, one.specialist) for one in plan.subtasks] == [("hello", "echo/echo", "dev")]


def test_there_is_no_such_task(orchestrator: Orchestrator) -> None:
    """A task nobody submitted is an error that says where to look."""
    with pytest.raises(TaskNotFound, match="aether-agent tasks"):
        orchestrator.view("nobody")
