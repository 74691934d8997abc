"""Admission: what it costs that more tasks are open than may run. Five subtasks each, through planner and delivery."""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store import PLANNER, Delivery
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))
TASKS = 200
FEW, MANY = 10, 100

_numbers = count()


@contextmanager
def lab_of(limit: int, valkey: ValkeyServer, key: Path, folder: Path) -> Iterator[Lab]:
    """A planner and a worker with a limit of tasks, and the product's own settings of delivery."""
    settings = quick(valkey, key, folder)
    system = settings.agent_system
    orchestrator = system.orchestrator.model_copy(update={"max_concurrent_tasks": limit})
    changed = {
        "delivery": DeliverySettings(),
        "agent_system": system.model_copy(update={"orchestrator": orchestrator}),
    }
    for lab in laboratory(settings.model_copy(update=changed), folder, names=("dev",)):
        lab.worker([PLANNER])
        lab.worker(["dev"])
        run(lab, 1)
        yield lab


def run(lab: Lab, tasks: int) -> float:
    """Seconds that so many tasks take, submitted at once."""
    steps = [
        {
            "id": f"s{at}",
            "tool": "dev-echo/echo",
            "args": {"message": "m"},
            "needs": [f"s{at - 1}"] if at else [],
        }
        for at in range(5)
    ]
    document = Template.model_validate({"name": "five", "description": "five", "specialist": "dev", "subtasks": steps})
    ids = [f"b{next(_numbers)}" for _ in range(tasks)]
    began = time.perf_counter()
    for task_id in ids:
        lab.store.tasks.create(HighLevelTask(task_id=task_id, description="five steps", document=document))
        lab.sender.send([Delivery(task_id, "", PLANNER)])
    lines = [("HEXISTS", lab.store.keys.task(task_id), "finished") for task_id in ids]
    eventually(lambda: all(lab.store.connection.commands(lines)), 300, "all tasks end", pause=0.02)
    return time.perf_counter() - began


def test_few_slots(
    valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory, measured: Measured
) -> None:
    with ExitStack() as stack:
        few, many = (
            stack.enter_context(lab_of(limit, valkey, sealing_key, tmp_path_factory.mktemp(f"limit{limit}")))
            for limit in (FEW, MANY)
        )
        pairs = [
            (run(few, TASKS), run(many, TASKS)) if at % 2 else (run(many, TASKS), run(few, TASKS))[::-1]
            for at in range(ROUNDS)
        ]
    ratio = statistics.median(one / other for one, other in pairs)
    sys.stdout.write(f"\n  limit {FEW} / limit {MANY}, seconds: {[(round(a, 1), round(b, 1)) for a, b in pairs]}\n")
    name = f"{TASKS} tasks of 5, limit {FEW} ÷ limit {MANY}"
    measured(name, "≤ 1.3", f"{ratio:.2f}", ratio <= 1.3)
