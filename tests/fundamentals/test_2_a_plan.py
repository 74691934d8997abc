"""How subtasks hang together: needs, references, fan-out, conditions, goals, failures."""

from pathlib import Path

from aether_agents.contracts import EventType, InputSpec, TaskStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.fundamentals.conftest import Run, task_of


def echo(name: str, message: object, **more: object) -> dict[str, object]:
    return {"id": name, "tool": "echo/echo", "args": {"message": message}, **more}


def test_a_reference_is_a_need(run: Run, orchestrator: Orchestrator) -> None:
    """A subtask that refers to another's output runs after it, and gets the value."""
    task = task_of(
        echo("second", "${subtasks.first.output.message} world"),
        echo("first", "hello"),
        outputs={"said": "${subtasks.second.output.message}"},
    )
    run(task)
    view = orchestrator.view(task.task_id, outputs=True)
    assert view.outputs == {"said": "hello world"}
    assert {one.id: one.needs for one in view.subtasks} == {"first": (), "second": ("first",)}


def test_what_needs_nothing_runs_side_by_side(run: Run, orchestrator: Orchestrator) -> None:
    """Independent subtasks are a group, what needs them all is a chord's body: the delivery is a Celery canvas."""
    task = task_of(echo("left", "l"), echo("right", "r"), echo("join", "j", needs=["left", "right"]))
    events = run(task)
    order = [event.subtask_id for event in events if event.type is EventType.SUBTASK_STARTED]
    assert set(order[:2]) == {"left", "right"}
    assert order[2] == "join"
    plan = orchestrator.view(task.task_id).plan
    assert plan is not None
    assert plan.delivery == "canvas"


def test_for_each_calls_once_per_item(run: Run, orchestrator: Orchestrator) -> None:
    """A list fans out; the subtask's output is the list of its children's outputs, in order."""
    task = task_of(
        echo("each", "<${item}>", for_each="${inputs.words}", max_parallel=2),
        outputs={"last": "${subtasks.each.output[2].message}"},
        declared={"words": InputSpec(type="array", items=InputSpec(), required=True)},
        inputs={"words": ["a", "b", "c"]},
    )
    run(task)
    assert orchestrator.view(task.task_id, outputs=True).outputs == {"last": "<c>"}


def test_a_condition_that_does_not_hold_skips(run: Run, orchestrator: Orchestrator) -> None:
    """`if` is decided from an earlier result; what is skipped is not a failure."""
    condition = {"ref": "${subtasks.first.output.message}", "op": "eq", "value": "go"}
    task = task_of(echo("first", "stop"), echo("second", "x", **{"if": condition}))
    run(task)
    view = orchestrator.view(task.task_id)
    assert view.status is TaskStatus.COMPLETED
    assert {one.id: str(one.status) for one in view.subtasks} == {"first": "completed", "second": "skipped"}


def test_a_failure_skips_what_needs_it(run: Run, orchestrator: Orchestrator) -> None:
    """A tool that fails fails its subtask and its task; the rest that does not need it still runs."""
    task = task_of(
        {"id": "bad", "tool": "echo/fail", "args": {"message": "no luck"}},
        echo("after", "x", needs=["bad"]),
        echo("beside", "y"),
    )
    run(task)
    view = orchestrator.view(task.task_id)
    assert {one.id: str(one.status) for one in view.subtasks}["beside"] == "completed"


def test_a_call_that_says_nothing_of_its_failure_fails_by_expect(run: Run, orchestrator: Orchestrator) -> None:
    """Servers say "no error" about calls that failed; `expect` says when one succeeded."""
    task = task_of(echo("call", "denied", expect={"path": "message", "op": "eq", "value": "ok"}))
    run(task)
    view = orchestrator.view(task.task_id)
    assert view.status is TaskStatus.FAILED
    assert "denied" in (view.subtasks[0].error or "")


def test_a_path_is_the_callers(run: Run, orchestrator: Orchestrator, project: Path) -> None:
    """Inputs of format `path` are resolved against the caller's folder when the plan is made."""
    task = task_of(
        echo("call", "${inputs.where}"),
        outputs={"where": "${subtasks.call.output.message}"},
        declared={"where": InputSpec(format="path", required=True)},
        inputs={"where": "sub/folder"},
        folder=str(project),
    )
    run(task)
    assert orchestrator.view(task.task_id, outputs=True).outputs == {"where": str(project / "sub" / "folder")}


def test_all_faults_of_a_plan_are_told_at_once(run: Run, orchestrator: Orchestrator) -> None:
    """Before anything runs, the whole plan is checked against the live tools."""
    task = task_of(
        {"id": "a", "tool": "echo/ecko", "args": {}},
        {"id": "b", "tool": "echo/echo", "args": {"mesage": "x"}},
        {"id": "c", "tool": "echo/echo", "args": {"message": "${subtasks.nobody.output}"}},
    )
    events = run(task)
    error = orchestrator.view(task.task_id).error or ""
    assert EventType.SUBTASK_STARTED not in {event.type for event in events}
    assert all(word in error for word in ("ecko", "mesage", "nobody"))
