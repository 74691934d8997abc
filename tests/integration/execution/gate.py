"""The gate: one subtask is held inside its tool until all that is not after it has ended. If that never comes, the
canvas has a barrier that the plan does not have."""

import random
from pathlib import Path

from aether_agents.contracts import PlannedSubtask
from aether_agents.execution.delivery.canvas import closure
from tests.chaos.plans import Needs, plain, plan_of, series_parallel
from tests.conftest import eventually
from tests.integration.execution.lab import Lab


def barriers(lab: Lab, dice: random.Random, plans: int) -> list[str]:
    """The plans, of so many random ones, in which something waited for what it does not need."""
    found = []
    for number in range(plans):
        task_id = f"gate{number}"
        needs = series_parallel(dice, dice.randint(2, 14))
        held = dice.choice(list(needs))
        gate = lab.folder / task_id
        plan = [_gated(one, task_id, gate, held) for one in plan_of(dice, task_id, needs, plain, lab.names)]
        assert lab.launch(plan, task_id) == "canvas"
        try:
            _reached(lab, task_id, _free(needs, held))
        except AssertionError:
            found.append(f"{task_id}: {needs}, {held} held")
        gate.touch()
        assert lab.ended(task_id) == "completed"
    return found


def _gated(subtask: PlannedSubtask, task_id: str, gate: Path, held: str) -> PlannedSubtask:
    if subtask.id != held:
        return subtask
    tool = f"{subtask.specialist}-echo/gate"
    return subtask.model_copy(update={"tool": tool, "args": {"path": str(gate), "key": f"{task_id}/{subtask.id}"}})


def _reached(lab: Lab, task_id: str, free: set[str]) -> None:
    eventually(lambda: _done(lab, task_id) >= free, within=30, what=f"{task_id}: {free} end without what is held")


def _free(needs: Needs, held: str) -> set[str]:
    names, _, after = closure(needs)
    behind = after[names.index(held)]
    return {name for at, name in enumerate(names) if name != held and not behind >> at & 1}


def _done(lab: Lab, task_id: str) -> set[str]:
    return {one.id for one in lab.store.tasks.view(task_id).subtasks if one.status.value == "completed"}
