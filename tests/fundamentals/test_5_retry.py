"""Going on with a task that failed: what is done is taken over, the rest runs, and it is said before anything does."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, EventType, HighLevelTask, Intervention, TaskStatus
from aether_agents.errors import NotAllowed, WrongStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.conftest import eventually
from tests.fundamentals.conftest import Run, task_of
from tests.fundamentals.test_4_undo import approved, note


def look(folder: Path, **more: Any) -> dict[str, Any]:
    """A read."""
    return {"id": "look", "tool": "echo/list_notes", "args": {"folder": str(folder)}, **more}


def asked(orchestrator: Orchestrator, task_id: str) -> Intervention:
    """What a task asks first."""
    return eventually(lambda: next(iter(orchestrator.view(task_id).interventions), None), 60, f"{task_id} asks")


def agree(orchestrator: Orchestrator, task_id: str, response: str = "approve", **more: Any) -> Intervention:
    """Answer what a task asks first."""
    question = asked(orchestrator, task_id)
    orchestrator.answer(task_id, Answer(intervention_id=question.id, response=response, **more))
    return question


def statuses(orchestrator: Orchestrator, task_id: str) -> dict[str, str]:
    """Each subtask's status; of what was taken over, `kept`."""
    return {one.id: "kept" if one.kept_from else one.status.value for one in orchestrator.view(task_id).subtasks}


def failing(folder: Path, **more: Any) -> HighLevelTask:
    """Three notes in a row; the second one is for a folder that is not there yet."""
    inner = folder / "later"
    return task_of(
        note("first", folder), note("second", inner, needs=["first"]), note("third", folder, needs=["second"]), **more
    )


def test_what_is_done_is_taken_over_and_the_rest_runs(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = failing(tmp_path)
    run(task)
    assert orchestrator.view(task.task_id).status is TaskStatus.FAILED
    (tmp_path / "later").mkdir()
    (tmp_path / "first.txt").write_text("it was here all the time")
    retry = orchestrator.retry(task.task_id)
    question = agree(orchestrator, retry)
    assert question.kind == "confirmation"
    assert "second: failed" in question.prompt
    assert "third: depends on `second`" in question.prompt
    assert "taken over: first" in question.prompt
    assert list(orchestrator.follow(retry))[-1].status is TaskStatus.COMPLETED
    assert statuses(orchestrator, retry) == {"first": "kept", "second": "completed", "third": "completed"}
    assert (tmp_path / "first.txt").read_text() == "it was here all the time"
    assert (orchestrator.view(retry).retries, orchestrator.view(task.task_id).retried_by) == (task.task_id, (retry,))


def test_undo_covers_the_chain_and_each_change_once(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = failing(tmp_path)
    run(task)
    (tmp_path / "later").mkdir()
    retry = orchestrator.retry(task.task_id, assume_yes=True)
    list(orchestrator.follow(retry))
    assert (
        orchestrator.undoing(task.task_id).undone == orchestrator.undoing(retry).undone == ("third", "second", "first")
    )
    assert approved(orchestrator, orchestrator.undo(task.task_id)) == ["undo1/third", "undo1/second", "undo/first"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with pytest.raises(WrongStatus, match="undone already"):
        orchestrator.undo(retry)


def test_what_was_undone_runs_again(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = failing(tmp_path)
    run(task)
    undo = orchestrator.undo(task.task_id)
    asked(orchestrator, undo)
    with pytest.raises(WrongStatus, match="is being undone"):
        orchestrator.retry(task.task_id)
    approved(orchestrator, undo)
    assert not (tmp_path / "first.txt").exists()
    (tmp_path / "later").mkdir()
    retry = orchestrator.retry(task.task_id, assume_yes=True)
    assert list(orchestrator.follow(retry))[-1].status is TaskStatus.COMPLETED
    assert statuses(orchestrator, retry) == dict.fromkeys(("first", "second", "third"), "completed")
    approved(orchestrator, orchestrator.undo(retry))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_retry_can_be_retried_and_a_task_only_once(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = failing(tmp_path)
    run(task)
    again = orchestrator.retry(task.task_id)
    with pytest.raises(WrongStatus, match=f"was retried already, by `{again}`"):
        orchestrator.retry(task.task_id)
    agree(orchestrator, again, "deny")
    assert list(orchestrator.follow(again))[-1].status is TaskStatus.CANCELLED
    second = orchestrator.retry(task.task_id, assume_yes=True)  # one that was refused before it began is no retry
    assert list(orchestrator.follow(second))[-1].status is TaskStatus.FAILED
    (tmp_path / "later").mkdir()
    with pytest.raises(WrongStatus, match=f"aether-agent retry {second}"):
        orchestrator.retry(task.task_id)
    third = orchestrator.retry(second, assume_yes=True)
    assert list(orchestrator.follow(third))[-1].status is TaskStatus.COMPLETED
    assert orchestrator.view(third).subtasks[0].kept_from == task.task_id
    approved(orchestrator, orchestrator.undo(task.task_id))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_only_items_that_failed_run_again(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in "abcde"]
    for folder in folders[:4]:
        Path(folder).mkdir()
    each = {"id": "each", "tool": "echo/write_note", "for_each": folders, "max_parallel": 2,
            "args": {"folder": "${item}", "name": "note.txt", "text": "x"},
            "compensate": {"tool": "echo/remove", "args": {"folder": "${item}", "name": "note.txt"}}}  # fmt: skip
    task = task_of(each, outputs={"paths": "${subtasks.each.output}"})
    run(task)
    assert orchestrator.view(task.task_id).status is TaskStatus.FAILED
    done = {folder for folder in folders[:4] if (Path(folder) / "note.txt").exists()}
    for folder in folders:
        Path(folder).mkdir(exist_ok=True)
        (Path(folder) / "note.txt").unlink(missing_ok=True)
    retry = orchestrator.retry(task.task_id, assume_yes=True)
    assert list(orchestrator.follow(retry))[-1].status is TaskStatus.COMPLETED
    assert {folder for folder in folders if not (Path(folder) / "note.txt").exists()} == done
    assert len(orchestrator.view(retry, outputs=True).outputs["paths"]) == len(folders)  # type: ignore[arg-type]
    assert list(statuses(orchestrator, retry).values()).count("kept") == len(done)


def test_another_list_takes_over_no_item(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    each = {"id": "each", "tool": "echo/echo", "for_each": "${inputs.words}", "args": {"message": "${item}"}}
    bad = {"id": "bad", "tool": "echo/fail", "needs": ["each"], "args": {"message": "no"}}
    words = {"words": {"type": "array", "items": {"type": "string"}}}
    task = task_of(each, bad, declared=words, inputs={"words": ["a", "b"]})
    run(task)
    retry = orchestrator.retry(task.task_id, inputs={"words": ["a", "c"]}, assume_yes=True)
    list(orchestrator.follow(retry))
    assert statuses(orchestrator, retry) == {
        "each": "completed", "each#0": "completed", "each#1": "completed", "bad": "failed",
    }  # fmt: skip
    again = orchestrator.retry(retry, assume_yes=True)
    list(orchestrator.follow(again))
    assert statuses(orchestrator, again) == {"each": "kept", "each#0": "kept", "each#1": "kept", "bad": "failed"}


def test_reads_behind_a_change_are_made_again(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    inner = tmp_path / "later"
    written = note("written", inner, needs=["look"])
    task = task_of(look(tmp_path), written, outputs={"seen": "${subtasks.look.output.names}"})
    run(task)
    inner.mkdir()
    retry = orchestrator.retry(task.task_id, assume_yes=True)
    list(orchestrator.follow(retry))
    assert statuses(orchestrator, retry) == {"look": "completed", "written": "completed"}
    assert orchestrator.view(retry, outputs=True).outputs["seen"] == ["later"]


def preview(folder: Path, late: Path) -> HighLevelTask:
    """A read, a yes to what it saw, and a change that goes by it."""
    agreed = {"id": "agreed", "tool": "echo/echo", "approval": "required",
              "args": {"message": "seen", "key": "${subtasks.look.output.names[0]}"}}  # fmt: skip
    return task_of(look(folder), agreed, note("written", late, needs=["agreed"]))


def test_a_yes_to_a_preview_counts_only_for_the_same_preview(
    run: Run, orchestrator: Orchestrator, tmp_path: Path
) -> None:
    seen, late = tmp_path / "seen", tmp_path / "late"
    seen.mkdir()
    (seen / "b").touch()
    task = preview(seen, late)
    orchestrator.submit(task)
    agree(orchestrator, task.task_id, by="ann")
    list(orchestrator.follow(task.task_id))
    retry = orchestrator.retry(task.task_id)
    question = agree(orchestrator, retry)
    assert "agreed: the yes of ann counts if what it was given to is the same then" in question.prompt
    assert list(orchestrator.follow(retry))[-1].status is TaskStatus.FAILED  # nobody was asked again
    (seen / "a").touch()
    late.mkdir()
    second = orchestrator.retry(retry)
    agree(orchestrator, second)
    assert agree(orchestrator, second).subtask_id == "agreed"  # it is another preview
    assert list(orchestrator.follow(second))[-1].status is TaskStatus.COMPLETED


def test_what_may_have_run_is_asked_about(orchestrator: Orchestrator, tmp_path: Path) -> None:
    wait = {"id": "wait", "tool": "stranger/wait", "args": {"seconds": 30}}
    task = task_of(wait)
    orchestrator.submit(task)
    agree(orchestrator, task.task_id)
    # A subtask that is `running` may not have reached its server yet, and then it surely has not run.
    told = EventType.SUBTASK_PROGRESS
    eventually(lambda: told in [event.type for event in orchestrator.events(task.task_id)], 60, "its server has it")
    orchestrator.cancel(task.task_id)
    eventually(lambda: orchestrator.has_ended(task.task_id), 60, "it ends")
    retry = orchestrator.retry(task.task_id, assume_yes=True)
    question = asked(orchestrator, retry)
    assert (question.subtask_id, "it may have run" in question.prompt) == ("wait", True)
    orchestrator.cancel(retry)


def test_a_fork_runs_from_a_place_with_other_inputs(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    named = {"folder": str(tmp_path), "name": "${inputs.name}", "text": "x"}
    written = {"id": "written", "tool": "echo/write_note", "args": named, "needs": ["look"]}
    declared: Any = {"name": {"type": "string"}}
    task = task_of(look(tmp_path), written, declared=declared, inputs={"name": "one"})
    run(task)
    fork = orchestrator.fork(task.task_id, "written", inputs={"name": "two"})
    agree(orchestrator, fork)
    question = agree(orchestrator, fork)  # each change of a fork asks
    assert (question.subtask_id, "a fork asks" in question.prompt or "was done" in question.prompt) == ("written", True)
    assert list(orchestrator.follow(fork))[-1].status is TaskStatus.COMPLETED
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
    assert statuses(orchestrator, fork) == {"look": "kept", "written": "completed"}
    assert (orchestrator.view(fork).forks, orchestrator.view(task.task_id).forked_by) == (task.task_id, (fork,))


def test_only_whom_it_belongs_to_goes_on_with_a_task(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    task = failing(tmp_path, owner="ann")
    run(task)
    with pytest.raises(NotAllowed):
        orchestrator.retry(task.task_id, by="bob", role="User")
    with pytest.raises(NotAllowed):
        orchestrator.fork(task.task_id, "first", by="bob", role="User")
    with pytest.raises(NotAllowed, match="may not approve"):
        orchestrator.retry(task.task_id, by="ann", role="User", assume_yes=True)
    retry = orchestrator.retry(task.task_id, by="ann", role="User")
    question = asked(orchestrator, retry)
    orchestrator.answer(retry, Answer(intervention_id=question.id, response="deny", by="ann"), role="User")


def test_a_task_that_goes_on_or_is_done_is_not_retried(run: Run, orchestrator: Orchestrator, tmp_path: Path) -> None:
    done = task_of(note("first", tmp_path))
    run(done)
    with pytest.raises(WrongStatus, match="nothing of"):
        orchestrator.retry(done.task_id)
    with pytest.raises(WrongStatus, match="did you mean `first`"):
        orchestrator.retry(done.task_id, "frist")
    waits = task_of({"id": "w", "tool": "echo/echo", "approval": "required", "args": {"message": "x"}})
    orchestrator.submit(waits)
    asked(orchestrator, waits.task_id)
    with pytest.raises(WrongStatus, match="goes on"):
        orchestrator.retry(waits.task_id)
    orchestrator.cancel(waits.task_id)
