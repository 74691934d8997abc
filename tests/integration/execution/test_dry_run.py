"""A dry run on a real worker: what reads is called, nothing else, whatever a tool says of itself."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import DryCall, HighLevelTask, TaskView, Template
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.integration.execution.lab import Lab


@pytest.fixture
def orchestrator(lab: Lab) -> Orchestrator:
    """The orchestrator to a laboratory with a worker."""
    return Orchestrator(lab.settings, open_store(lab.settings))


def rehearsed(
    orchestrator: Orchestrator, task_id: str, *steps: dict[str, Any], **more: Any
) -> tuple[TaskView, list[DryCall]]:
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": steps, **more})
    orchestrator.submit(HighLevelTask(task_id=task_id, description="A plan", document=document, dry_run=True))
    eventually(lambda: orchestrator.has_ended(task_id), 60, f"{task_id} ends")
    return orchestrator.view(task_id, outputs=True), orchestrator.dry_calls(task_id)


def say(name: str, text: str, *needs: str, **more: Any) -> dict[str, Any]:
    args = {"message": text, "key": f"dry/{name}"}
    return {"id": name, "tool": "dev-echo/echo", "args": args, "needs": list(needs), **more}


def write(name: str, folder: Path, text: str, *needs: str, **more: Any) -> dict[str, Any]:
    args = {"folder": str(folder), "name": name, "text": text}
    return {"id": name, "tool": "dev-echo/write_note", "args": args, "needs": list(needs), **more}


def test_reads_run_and_the_rest_is_told_with_its_arguments(
    lab: Lab, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    shown = "${subtasks.look.output.message}"
    view, calls = rehearsed(
        orchestrator,
        "dry",
        say("look", "seen"),
        {"id": "see", "review": {"of": "look", "as": "text", "covers": ["note"]}},
        write("note", tmp_path, shown, "see"),
        {"id": "drop", "tool": "dev-echo/remove", "args": {"folder": str(tmp_path), "name": "x"}, "needs": ["look"]},
        say("behind", "${subtasks.note.output.path}"),
        say("asked", "x", approval="required"),
        {**write("each", tmp_path, "${item}"), "for_each": ["a", "b"]},
        outputs={"said": shown},
    )
    assert (view.status, view.dry_run, view.interventions) == ("completed", True, ())
    assert view.outputs == {"said": "seen"}
    states = {one.subtask: one.state for one in calls}
    assert states == {"look": "called", **dict.fromkeys(("see", "note", "drop", "behind", "asked", "each"), "would")}
    by_id = {one.subtask: one for one in calls}
    assert by_id["note"].arguments == {"folder": str(tmp_path), "name": "note", "text": "seen"}
    assert by_id["drop"].asks
    assert by_id["behind"].unknown == ("${subtasks.note.output.path}",)
    assert [one.arguments["text"] for one in calls if one.subtask == "each"] == ["a", "b"]
    assert list(tmp_path.iterdir()) == []
    served = lab.calls().started
    assert [served[f"dry/{name}"] for name in ("look", "behind", "asked")] == [1, 0, 0]


def test_a_tool_that_nobody_of_ours_knows_is_not_called_whatever_it_says(orchestrator: Orchestrator, lab: Lab) -> None:
    """Its risk is that of the tool table, where it has no row: destructive. `readOnlyHint` never lowers that."""
    _, [call] = rehearsed(orchestrator, "claims", {"id": "claims", "tool": "dev-echo/rename", "args": {"name": "x"}})
    assert (call.state, call.risk.value, bool(call.asks)) == ("would", "destructive", True)


def test_a_dry_run_that_is_retried_stays_dry(orchestrator: Orchestrator, tmp_path: Path, lab: Lab) -> None:
    rehearsed(orchestrator, "first", say("look", "seen"), write("note", tmp_path, "x", "look"))
    again = orchestrator.retry("first", "look", agreed=True)
    eventually(lambda: orchestrator.has_ended(again), 60, "the retry ends")
    assert orchestrator.view(again).dry_run
    assert list(tmp_path.iterdir()) == []


def test_a_draft_calls_nothing_before_it_is_accepted(orchestrator: Orchestrator, lab: Lab) -> None:
    task = HighLevelTask(task_id="draft", description="echo the message `hello`", type="make a draft", dry_run=True)
    orchestrator.submit(task)
    eventually(lambda: orchestrator.has_ended("draft"), 60, "it ends")
    found = orchestrator.dry_calls("draft")
    assert [one.state for one in found] == ["would"], orchestrator.view("draft")
    assert "accepted" in found[0].why
    assert [one.attempts for one in orchestrator.view("draft").subtasks] in ([], [0])
