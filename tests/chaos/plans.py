"""Random plans."""

import random
from collections.abc import Callable, Sequence
from itertools import count

from aether_agents.contracts import PlannedSubtask, Retry
from tests.integration.execution.lab import step

Needs = dict[str, list[str]]


def series_parallel(dice: random.Random, size: int) -> Needs:
    """Random needs over exactly that many nodes, that a canvas can express."""
    numbers = count()
    needs: Needs = {}

    def grow(left: int) -> tuple[list[str], list[str]]:
        if left == 1:
            name = f"v{next(numbers)}"
            needs[name] = []
            return [name], [name]
        share = dice.randint(1, left - 1)
        firsts, lasts = grow(share)
        more_firsts, more_lasts = grow(left - share)
        if dice.random() < 0.5:
            for name in more_firsts:
                needs[name] = sorted({*needs[name], *lasts})
            return firsts, more_lasts
        return firsts + more_firsts, lasts + more_lasts

    grow(size)
    return needs


def any_dag(dice: random.Random, size: int) -> Needs:
    """Random needs, most of which no canvas can express."""
    return {
        f"v{at}": [f"v{before}" for before in range(at) if dice.random() < min(0.25, 3 / max(at, 1))]
        for at in range(size)
    }


Change = Callable[[random.Random, PlannedSubtask], PlannedSubtask]


def plan_of(
    dice: random.Random,
    task_id: str,
    needs: Needs,
    change: Change,
    queues: Sequence[str],
    servers: Sequence[str] = ("echo",),
) -> list[PlannedSubtask]:
    """The subtasks, each with a random specialist, one of its servers and a short call, some of them changed."""
    plan = []
    for name, needed in needs.items():
        args = {"message": name, "key": f"{task_id}/{name}", "ms": dice.choice([0, 2, 5, 20])}
        server = dice.choice(servers) if len(servers) > 1 else servers[0]
        plan.append(change(dice, step(task_id, name, needed, queue=dice.choice(queues), server=server, args=args)))
    return plan


def plain(_: random.Random, subtask: PlannedSubtask) -> PlannedSubtask:
    """As it is."""
    return subtask


def mixed(dice: random.Random, subtask: PlannedSubtask) -> PlannedSubtask:
    """Some are approved first, some fan out, some fail (and are retried, or let the plan go on)."""
    chance = dice.random()
    if chance < 0.12:
        return subtask.model_copy(update={"needs_approval": True})
    if chance < 0.22:
        key = f"{subtask.args['key']}#${{item}}"
        items = [str(number) for number in range(dice.randint(1, 6))]
        window = dice.choice([None, None, 1, 2])
        args = {**subtask.args, "key": key}
        return subtask.model_copy(update={"for_each": items, "args": args, "max_parallel": window})
    if chance < 0.30:
        return subtask.model_copy(
            update={
                "tool": subtask.tool.replace("/echo", "/fail"),
                "args": {"message": "as planned"},
                "retry": Retry(max_attempts=dice.choice([1, 2, 3]), delay=0.05, on=("tool_error",)),
                "on_failure": dice.choice(["fail", "continue"]),
            }
        )
    return subtask


def half_unsafe(dice: random.Random, subtask: PlannedSubtask) -> PlannedSubtask:
    """Half of them may not run twice. Long enough to be killed in."""
    args = {**subtask.args, "ms": dice.choice([5, 50, 150])}
    return subtask.model_copy(update={"args": args, "repeatable": dice.random() < 0.5})
