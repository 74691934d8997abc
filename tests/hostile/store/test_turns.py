"""Attack → what must not happen: somebody without the key has a subtask run before what it needs, has a part of what it
joins taken for the whole, or has it done without its call.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, PlannedSubtask
from aether_agents.errors import WrongStatus
from tests.conftest import eventually
from tests.hostile.store.test_store_writer import alerts, command, fcall, fields
from tests.integration.execution.lab import Lab, step

READY = "r 0 1 9 0 0 5 0 0 0"


def gate(lab: Lab, task_id: str, name: str = "agree") -> tuple[PlannedSubtask, Path]:
    path = lab.folder / f"{task_id}.gate"
    return step(task_id, name, tool="gate", args={"path": str(path)}), path


def two(lab: Lab, task_id: str) -> Path:
    """`apply` needs `agree`, which stands at a gate. Gives the gate."""
    agree, path = gate(lab, task_id)
    lab.launch([agree, step(task_id, "apply", ["agree"])], task_id)
    eventually(lambda: lab.store.tasks.view(task_id).subtasks[0].status == "running", what="it stands at the gate")
    alerts(lab)
    return path


def let_run(lab: Lab, task_id: str, name: str = "apply") -> None:
    command(lab, "HSET", fields(lab, task_id), f"s:{name}", READY)
    command(lab, "ZADD", lab.store.keys.due, 0, f"{task_id}|{name}")


def close(lab: Lab, task_id: str) -> str:
    """End what has not ended."""
    with suppress(WrongStatus):
        lab.store.tasks.cancel(task_id, "ann")
    return lab.ended(task_id)


def by_state(lab: Lab, task_id: str) -> None:
    let_run(lab, task_id)


def by_function(lab: Lab, task_id: str) -> None:
    """`complete`, as the worker that holds the other subtask; what it writes as the outcome nobody can seal."""
    token = command(lab, "HGET", fields(lab, task_id), "s:agree").split()[3]
    fcall(lab, "complete", task_id, "agree", token, "completed", b"sealed by nobody", 0, "", "", "", "", 0, 0)
    command(lab, "ZADD", lab.store.keys.due, 0, f"{task_id}|apply")


def by_outcome_of_another(lab: Lab, task_id: str) -> None:
    """A genuine outcome, of another task."""
    lab.launch([step(f"{task_id}-x", "agree")], f"{task_id}-x")
    assert lab.ended(f"{task_id}-x") == "completed"
    blob = command(lab, "HGET", fields(lab, f"{task_id}-x"), "o:agree")
    command(lab, "HSET", fields(lab, task_id), "o:agree", blob)
    let_run(lab, task_id)


def by_wiring(lab: Lab, task_id: str) -> None:
    """As if it needed nothing."""
    command(lab, "HSET", fields(lab, task_id), "w:agree", "dev - ", "w:apply", "dev - ")
    let_run(lab, task_id)


@pytest.mark.parametrize("attack", [by_state, by_function, by_outcome_of_another, by_wiring])
def test_nothing_runs_before_what_it_needs_has_ended(lab: Lab, attack: Callable[[Lab, str], None]) -> None:
    task_id = f"turn-{attack.__name__}".replace("_", "-")
    path = two(lab, task_id)
    attack(lab, task_id)
    eventually(lambda: f"broken document: {task_id}/apply" in alerts(lab), what="an alert")
    path.touch()
    assert lab.calls().started[f"{task_id}/apply"] == 0
    close(lab, task_id)


def test_a_no_lets_nothing_behind_it_run(lab: Lab) -> None:
    """What it needs has ended, and failed: by its outcome, whatever the store tells of it."""
    task_id = "turn-no"
    agree = step(task_id, "agree", needs_approval=True)
    other, path = gate(lab, task_id, "other")
    lab.launch([agree, other, step(task_id, "apply", ["agree"])], task_id)
    question = eventually(lambda: lab.store.tasks.view(task_id).interventions, what="it asks")[0]
    answer = Answer(intervention_id=question.id, response="deny", by="ann")
    lab.sender.send(lab.store.tasks.answer(task_id, answer))
    eventually(lambda: lab.store.tasks.outcomes(task_id, ["agree"]), what="it is told")
    alerts(lab)
    command(lab, "HSET", fields(lab, task_id), "s:agree", "c 0 1 9 0 0 5 0 0 1")
    let_run(lab, task_id)
    eventually(lambda: f"broken document: {task_id}/apply" in alerts(lab), what="an alert")
    path.touch()
    assert lab.ended(task_id) == "failed"
    assert lab.calls().started[f"{task_id}/apply"] == 0


def test_a_failure_that_the_plan_tolerates_lets_go_on(lab: Lab) -> None:
    """The other side: a worker that never saw it fail reads it, and the sealed plan says that it may."""
    task_id = "turn-tolerated"
    broken = step(task_id, "agree", tool="fail", args={"message": "no"}, on_failure="continue")
    lab.launch([broken, step(task_id, "apply", ["agree"])], task_id)
    assert lab.ended(task_id) == "completed"
    assert lab.calls().started[f"{task_id}/apply"] == 1


def test_what_calls_a_tool_is_never_done_without_it(lab: Lab) -> None:
    """As if it joined the children of a fan-out, of which there are none."""
    task_id = "turn-join"
    agree, path = gate(lab, task_id)
    lab.launch([agree, step(task_id, "check", ["agree"]), step(task_id, "apply", ["check"])], task_id)
    eventually(lambda: lab.store.tasks.view(task_id).subtasks[0].status == "running", what="it stands at the gate")
    alerts(lab)
    command(lab, "HSET", fields(lab, task_id), "w:check", "dev J apply", "c:check", 0)
    path.touch()
    assert lab.ended(task_id) == "failed"
    assert f"broken document: {task_id}/check" in alerts(lab)
    assert lab.calls().started[f"{task_id}/apply"] == 0


@pytest.mark.parametrize("how", ["fewer", "too early", "too many"])
def test_a_part_is_never_taken_for_the_whole(lab: Lab, how: str) -> None:
    task_id = f"turn-{how}".replace(" ", "-")
    path = lab.folder / f"{task_id}.gate"
    items = ["x", "y", "z"]
    lab.launch([step(task_id, "each", tool="gate", args={"path": str(path)}, for_each=items)], task_id, direct=True)
    eventually(lambda: len(lab.store.tasks.view(task_id).subtasks) == 4, what="it has fanned out")
    alerts(lab)
    if how == "too early":
        let_run(lab, task_id, "each")
    else:
        command(lab, "HSET", fields(lab, task_id), "c:each", {"fewer": 2, "too many": 10**9}[how])
        path.touch()
    eventually(lambda: f"broken document: {task_id}/each" in alerts(lab), what="an alert")
    path.touch()
    assert close(lab, task_id) in ("failed", "cancelled")
    assert lab.store.tasks.outcomes(task_id, ["each"])["each"].failed
