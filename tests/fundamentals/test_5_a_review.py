"""A review: what would be done is shown whole, and a yes is a yes to exactly that."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, EventType, HighLevelTask, Intervention, TaskStatus
from aether_agents.contracts.tool import Risk
from aether_agents.errors import NotAllowed
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.fundamentals.conftest import Run, task_of
from tests.fundamentals.test_3_a_person import until


def change(folder: Path, wanted: dict[str, str], *, lie: bool = False, **more: Any) -> HighLevelTask:
    """Preview, review, put, read back."""
    where = {"folder": str(folder), "wanted": wanted}
    return task_of(
        {"id": "look", "tool": "shelf/plan", "args": where},
        {"id": "agree", "name": "put these texts there", "review": {"of": "look", "as": "diff", "covers": ["put"]}},
        {
            "id": "put",
            "tool": "shelf/put",
            "needs": ["agree"],
            "unchanged": "look",
            "args": {**where, "names": "${subtasks.look.output.names}", "lie": lie},
            "compensate": {
                "tool": "shelf/put_back",
                "args": {
                    "folder": str(folder),
                    "before": "${subtasks.put.output.before}",
                    "done": "${subtasks.put.output.done}",
                },
            },
            "verify": {
                "tool": "shelf/look",
                "args": {"folder": str(folder)},
                "expect": {"path": "texts", "op": "eq", "value": {name: text for name, text in wanted.items() if text}},
            },
        },
        folder=str(folder),
        **more,
    )


def asked(orchestrator: Orchestrator, task: HighLevelTask) -> tuple[str, Intervention]:
    """A task that waits for its review."""
    task_id = orchestrator.submit(task)
    until(orchestrator, task_id, EventType.TASK_WAITING)
    (question,) = orchestrator.view(task_id).interventions
    return task_id, question


def answer(orchestrator: Orchestrator, task_id: str, question: Intervention, response: str, **more: Any) -> str | None:
    """Answer, and follow the task to its end: its error."""
    orchestrator.answer(task_id, Answer(intervention_id=question.id, response=response, **more))
    list(orchestrator.follow(task_id))
    return orchestrator.view(task_id).error


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own."""
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


def test_a_yes_lets_exactly_the_covered_call_run(orchestrator: Orchestrator, folder: Path) -> None:
    """The question has a digest and counts, never the text; the text is shown on request; one yes is enough."""
    task_id, question = asked(orchestrator, change(folder, {"a": "hello"}))
    assert (question.kind, question.review is not None) == ("review", True)
    assert "hello" not in question.model_dump_json()
    assert question.review
    assert (question.review.counts, question.review.kinds, question.review.risk) == (
        {"texts": 1},
        {"create": 1},
        "write",
    )
    assert question.review.leads_to == ("put: shelf/put",)
    shown = orchestrator.review(task_id, question)
    assert "+hello" in shown.lines
    assert "+hello" in Path(question.review.path).read_text()
    assert not (folder / "a").exists()
    assert answer(orchestrator, task_id, question, "approve", by="ann", comment="fine") is None
    assert (folder / "a").read_text() == "hello"
    view = orchestrator.view(task_id, outputs=True)
    output = next(one.output for one in view.subtasks if one.id == "agree")
    assert isinstance(output, dict)
    assert (output["digest"], output["by"], output["comment"]) == (question.review.digest, "ann", "fine")


def test_a_no_is_denied_by_name_and_nothing_behind_it_runs(orchestrator: Orchestrator, folder: Path) -> None:
    """It is told as that: who, and why."""
    task_id, question = asked(orchestrator, change(folder, {"a": "hello"}))
    assert answer(orchestrator, task_id, question, "deny", by="ann", comment="not today") == "agree: denied by ann"
    states = {one.id: (one.status.value, one.error) for one in orchestrator.view(task_id).subtasks}
    assert states["agree"] == ("failed", "denied by ann: not today")
    assert states["put"][0] == "skipped"
    assert not (folder / "a").exists()


def test_what_only_adds_asks_less_than_what_destroys(orchestrator: Orchestrator, run: Run, folder: Path) -> None:
    """The risk is that of the items: `--yes` answers what adds, and a person what takes away."""
    added = run(change(folder, {"a": "hello"}, assume_yes=True))
    assert added[-1].type is EventType.TASK_COMPLETED
    task_id, question = asked(orchestrator, change(folder, {"a": ""}, assume_yes=True))
    assert question.review
    assert (question.review.risk, question.review.kinds) == (Risk.DESTRUCTIVE, {"destroy": 1})
    assert answer(orchestrator, task_id, question, "approve") is None
    assert not (folder / "a").exists()


def test_drift_between_the_preview_and_the_yes_is_refused_by_name(orchestrator: Orchestrator, folder: Path) -> None:
    """What is there is no longer what was shown: nothing is done, and it is said what changed."""
    task_id, question = asked(orchestrator, change(folder, {"a": "hello"}))
    (folder / "a").write_text("somebody else's")
    error = answer(orchestrator, task_id, question, "approve")
    assert error is not None
    assert "this has changed: a: was create (5 signs), is change (5 signs)" in error
    assert (folder / "a").read_text() == "somebody else's"
    states = {one.id: one.status.value for one in orchestrator.view(task_id).subtasks}
    assert states == {"look": "completed", "agree": "completed", "put": "failed"}


def test_a_tool_that_lies_is_found_out_and_the_undo_offered(orchestrator: Orchestrator, folder: Path) -> None:
    """The effect is read back by another tool; what it did before is undone by its own record."""
    (folder / "a").write_text("old")
    task_id, question = asked(orchestrator, change(folder, {"a": "new"}, lie=True))
    error = answer(orchestrator, task_id, question, "approve")
    assert error is not None
    assert "`shelf/look` does not show its effect" in error
    assert f"aether-agent undo {task_id}" in error
    undone = orchestrator.undo(task_id)
    list(orchestrator.follow(undone))
    assert orchestrator.view(undone).status is TaskStatus.COMPLETED
    assert (folder / "a").read_text() == "old"


def test_a_call_whose_arguments_come_from_elsewhere_asks_for_itself(orchestrator: Orchestrator, folder: Path) -> None:
    """It is named in `covers`, but what it is given was not shown."""
    task = change(folder, {"a": "hello"})
    assert task.document is not None
    steps = [one.model_dump(by_alias=True, exclude_unset=True) for one in task.document.subtasks]
    steps.insert(0, {"id": "other", "tool": "shelf/plan", "args": {"folder": str(folder), "wanted": {"a": ""}}})
    steps[-1]["args"]["names"] = "${subtasks.other.output.names}"
    task_id, question = asked(orchestrator, task_of(*steps, folder=str(folder)))
    assert question.review
    assert (question.review.leads_to, question.review.alone) == ((), ("put",))
    orchestrator.answer(task_id, Answer(intervention_id=question.id, response="approve"))
    until_asked_again(orchestrator, task_id, question.id)
    (own,) = orchestrator.view(task_id).interventions
    assert (own.kind, own.subtask_id) == ("approval", "put")


def until_asked_again(orchestrator: Orchestrator, task_id: str, before: str) -> None:
    """Follow a task until it asks something else."""
    for event in orchestrator.follow(task_id):
        told = event.data.get("intervention")
        if event.type is EventType.SUBTASK_WAITING and isinstance(told, dict) and told.get("id") != before:
            return
    raise AssertionError(orchestrator.view(task_id).error)


def test_items_of_a_fan_out_are_covered_by_one_yes(orchestrator: Orchestrator, folder: Path) -> None:
    """Each item's arguments come from what was shown."""
    where = {"folder": str(folder), "wanted": {"a": "1", "b": "2", "c": "3"}}
    task_id, question = asked(
        orchestrator,
        task_of(
            {"id": "look", "tool": "shelf/plan", "args": where},
            {"id": "agree", "review": {"of": "look", "as": "list", "covers": ["put"]}},
            {
                "id": "put", "tool": "shelf/put", "needs": ["agree"], "unchanged": "look", "max_parallel": 1,
                "for_each": "${subtasks.look.output.names}", "args": {**where, "names": ["${item}"]},
            },
            folder=str(folder),
        ),
    )  # fmt: skip
    assert answer(orchestrator, task_id, question, "approve") is None
    assert {one.name: one.read_text() for one in folder.iterdir()} == where["wanted"]


def test_a_user_may_not_say_yes_to_a_review(orchestrator: Orchestrator, folder: Path) -> None:
    """Not even to that of his own task."""
    task_id, question = asked(orchestrator, change(folder, {"a": "hello"}, owner="ann", role="User"))
    with pytest.raises(NotAllowed):
        orchestrator.answer(task_id, Answer(intervention_id=question.id, response="approve", by="ann"), role="User")
    orchestrator.cancel(task_id, by="ann", role="User")


def test_a_review_takes_nothing_that_belongs_to_a_call(orchestrator: Orchestrator, run: Run, folder: Path) -> None:
    """All faults are told at once, before anything runs."""
    review = {"of": "look", "as": "diff", "covers": ["nobody"]}
    events = run(
        task_of(
            {"id": "look", "tool": "shelf/look", "args": {"folder": str(folder)}},
            {"id": "agree", "review": review, "args": {"x": 1}, "on_failure": "continue", "verify": None},
            folder=str(folder),
        )
    )
    error = orchestrator.view(events[-1].task_id).error or ""
    assert "it calls nothing, so it takes no `args`" in error
    assert "it calls nothing, so it takes no `on_failure`" in error
    assert "`covers` names `nobody`, which is not in the plan" in error
