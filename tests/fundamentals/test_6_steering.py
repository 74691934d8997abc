"""Steering what is under way: several tasks at once, and a brake on everything."""

from pathlib import Path

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator.orchestrator import Orchestrator, connect
from tests.conftest import eventually
from tests.fundamentals.conftest import task_of


def test_with_the_brake_on_nothing_begins_until_it_is_off(orchestrator: Orchestrator, tmp_path: Path) -> None:
    args = {"folder": str(tmp_path), "name": "n.txt", "text": "x"}
    first = task_of(
        {"id": "wait", "tool": "echo/wait", "args": {"seconds": 1}},
        {"id": "write", "tool": "echo/write_note", "args": args, "needs": ["wait"]},
    )
    orchestrator.submit(first)
    eventually(
        lambda: [one.status for one in orchestrator.view(first.task_id).subtasks if one.status == "running"], 60, "runs"
    )
    assert first.task_id in orchestrator.put_brake_on(by="sue", reason="fire")
    assert "the brake is on (sue: fire)" in (orchestrator.refusal() or "")
    second = task_of({"id": "write", "tool": "echo/write_note", "args": {**args, "name": "m.txt"}})
    orchestrator.submit(second)
    eventually(
        lambda: orchestrator.view(first.task_id).subtasks[0].status == "completed", 60, "what ran goes on to its end"
    )
    with connect(orchestrator.settings) as another:  # what another process does changes nothing
        assert another.brake() is not None
    assert list(tmp_path.iterdir()) == []
    assert orchestrator.view(second.task_id).status is TaskStatus.PENDING
    assert first.task_id in orchestrator.release_brake(by="sue")
    for task in (first, second):
        assert list(orchestrator.follow(task.task_id))[-1].status is TaskStatus.COMPLETED
    assert {path.name for path in tmp_path.iterdir()} == {"n.txt", "m.txt"}


def test_tasks_of_a_specialist_or_an_owner_are_chosen(orchestrator: Orchestrator, tmp_path: Path) -> None:
    waits = {"id": "w", "tool": "echo/echo", "approval": "required", "args": {"message": "x"}}
    mine, other = task_of(waits, owner="ann"), task_of(waits, owner="bob")
    for task in (mine, other):
        orchestrator.submit(task)
        eventually(lambda at=task: orchestrator.view(at.task_id).interventions, 60, "it asks")
    assert orchestrator.chosen(owner="ann") == [mine.task_id]
    assert {mine.task_id, other.task_id} <= set(orchestrator.chosen(specialist="dev"))
    assert not {mine.task_id, other.task_id} & set(orchestrator.chosen(specialist="infra"))
    assert orchestrator.chosen(by="ann", role="User") == [mine.task_id]
    orchestrator.set_priority(mine.task_id, 9, by="ann", role="User")
    for task in (mine, other):
        orchestrator.cancel(task.task_id)
