"""Growth: what tasks leave in the store, in bytes. It hangs on no clock, so what is above its bar is our doing.

Written: by how much the append-only file grew while they ran. Kept: what is left of that once the server has rewritten
it, which it does by itself as it doubles. Memory: what the server holds until `retention.days` are over.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.settings.model import DeliverySettings
from tests.benchmarks.bench_delivery import UNBOUNDED
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory
from tests.integration.execution.lab import Lab, step
from tests.integration.store.older import Older

#: By tasks and their size, the most KB (1,000 bytes) a subtask: written, kept, in memory. See `deploy/README.md`.
BARS = {(1_000, 1): (13.0, 2.5, 9.0), (200, 5): (8.5, 1.2, 2.8), (2, 500): (7.5, 0.8, 1.3)}


@pytest.fixture
def lab(sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A server of its own, whose file nobody else writes to, with the product's settings of it; one worker."""
    own = Older(tmp_path)
    settings = own.settings(sealing_key, tmp_path, delivery=DeliverySettings(concurrency=8))
    for lab in laboratory(settings, tmp_path, names=("dev",)):
        lab.worker(["dev"])
        yield lab
    own.end()


def rewritten(lab: Lab) -> float:
    """Bytes of the append-only file, once it is rewritten."""
    info = lab.store.connection.command
    before = info("INFO", "persistence")["aof_rewrites"]
    info("BGREWRITEAOF")  # as soon as no other is under way
    eventually(lambda: info("INFO", "persistence")["aof_rewrites"] > before, 60, "a rewrite begins")
    eventually(lambda: not info("INFO", "persistence")["aof_rewrite_in_progress"], 60, "it ends")
    return float(info("INFO", "persistence")["aof_current_size"])


def numbers(lab: Lab) -> tuple[float, float]:
    """Bytes of the append-only file, and of memory."""
    file = lab.store.connection.command("INFO", "persistence")["aof_current_size"]
    return float(file), float(lab.store.connection.command("INFO", "memory")["used_memory"])


@pytest.mark.parametrize(("tasks", "size"), [*BARS])
def test_what_a_subtask_leaves(lab: Lab, measured: Measured, tasks: int, size: int) -> None:
    def run(name: str, count: int) -> None:
        for number in range(count):
            task = f"{name}{number}"
            plan = [step(task, f"s{at}", args={"message": "m"}) for at in range(size)]
            lab.launch(plan, task, direct=True, limit=UNBOUNDED)
        eventually(lambda: not lab.store.tasks.open_tasks(), 300, "they end", pause=0.2)

    run("warm", 1)
    base = rewritten(lab)
    file, memory = numbers(lab)
    run("t", tasks)
    file_after, memory_after = numbers(lab)
    kept = rewritten(lab) - base
    count, bars = tasks * size * 1e3, BARS[tasks, size]
    figures = (file_after - file) / count, kept / count, (memory_after - memory) / count
    said = "{:.2f} KB written, {:.2f} KB kept, {:.2f} KB memory".format(*figures)
    sys.stdout.write(f"\n  {tasks} tasks of {size}: {said} a subtask\n")
    met = all(figure <= most for figure, most in zip(figures, bars, strict=True))
    measured(f"growth a subtask, {tasks} tasks of {size}", "/".join(f"{one:g}" for one in bars), said, met)
