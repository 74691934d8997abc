"""What a task changed, put back: the calls its plan names as `compensate`, the last change first."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, EventType, TaskStatus
from aether_agents.errors import CannotUndo, WrongStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.conftest import eventually
from tests.fundamentals.conftest import Run, task_of


def note(name: str, folder: Path, **more: Any) -> dict[str, Any]:
    """A subtask that writes a note, and names what takes it away again."""
    args = {"folder": str(folder), "name": f"{name}.txt"}
    return {"id": name, "tool": "echo/write_note", "args": {**args, "text": name},
            "compensate": {"tool": "echo/remove", "args": args}, **more}  # fmt: skip


def approved(orchestrator: Orchestrator, task_id: str) -> list[str]:
    """Say yes to all that a task asks, to its end: the subtasks that asked, in order."""
    asked: list[str] = []

    def ended() -> bool:
        for question in orchestrator.view(task_id).interventions:
            asked.append(str(question.subtask_id))
            orchestrator.answer(task_id, Answer(intervention_id=question.id, response="approve"))
        return orchestrator.has_ended(task_id)

    eventually(ended, 60, "the undoing ends")
    return asked


def test_an_undoing_is_a_task_of_its_own_that_asks_as_policy_says(
    run: Run, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    task = task_of(note("first", tmp_path), note("second", tmp_path, needs=["first"]))
    run(task)
    assert {path.name for path in tmp_path.iterdir()} == {"first.txt", "second.txt"}
    shown = orchestrator.undoing(task.task_id)
    assert shown.undone == ("second", "first")
    undo = orchestrator.undo(task.task_id)
    assert approved(orchestrator, undo) == [
        "undo/second",
        "undo/first",
    ]  # to remove is destructive: each is asked about
    assert list(tmp_path.iterdir()) == []
    assert orchestrator.view(undo, outputs=True).outputs == {"undone": ["second", "first"], "cannot_be_undone": []}
    with pytest.raises(WrongStatus, match="undone already"):
        orchestrator.undo(task.task_id)


def test_every_item_of_a_fan_out_is_undone(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    args = {"folder": str(tmp_path), "name": "${item}"}
    each = {"id": "each", "tool": "echo/write_note", "for_each": ["a", "b", "c"], "args": {**args, "text": "x"},
            "compensate": {"tool": "echo/remove", "args": args}}  # fmt: skip
    task = task_of(each)
    run(task)
    approved(orchestrator, orchestrator.undo(task.task_id))
    assert list(tmp_path.iterdir()) == []


def test_back_to_a_subtask_and_then_all_the_way(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = task_of(note("first", tmp_path), note("second", tmp_path, needs=["first"]))
    run(task)
    approved(orchestrator, orchestrator.undo(task.task_id, "first"))
    assert [path.name for path in tmp_path.iterdir()] == ["first.txt"]
    assert orchestrator.undoing(task.task_id).undone == ("first",)
    approved(orchestrator, orchestrator.undo(task.task_id))
    assert list(tmp_path.iterdir()) == []


def test_a_refused_undoing_can_be_tried_again_and_two_at_once_cannot(
    run: Run, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    task = task_of(note("only", tmp_path))
    run(task)
    undo = orchestrator.undo(task.task_id)
    eventually(lambda: bool(orchestrator.view(undo).interventions), 60, "it asks")
    with pytest.raises(WrongStatus, match="is being undone"):
        orchestrator.undo(task.task_id)
    [question] = orchestrator.view(undo).interventions
    orchestrator.answer(undo, Answer(intervention_id=question.id, response="deny"))
    assert list(orchestrator.follow(undo))[-1].type is EventType.TASK_FAILED
    approved(orchestrator, orchestrator.undo(task.task_id))
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_undoing_is_said_and_nothing_is_pretended(
    run: Run, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    task = task_of({**note("lasting", tmp_path), "compensate": None})
    run(task)
    assert orchestrator.view(task.task_id).status is TaskStatus.COMPLETED
    assert [one.subtask for one in orchestrator.undoing(task.task_id).cannot] == ["lasting"]
    with pytest.raises(CannotUndo, match="names no call that undoes it"):
        orchestrator.undo(task.task_id)
