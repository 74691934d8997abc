"""Workers beside each other: what 1, 2 and 4 processes carry, and what a subtask costs the worker and the store."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from tests.benchmarks.bench_delivery import UNBOUNDED, side_by_side
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

WIDTH, ROUNDS = 400, 3


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """No worker yet; the product's own settings of delivery."""
    settings = quick(valkey, sealing_key, tmp_path).model_copy(update={"delivery": DeliverySettings(concurrency=8)})
    yield from laboratory(settings, tmp_path, names=("dev",))


def cpu_of(processes: list[psutil.Process]) -> float:
    """Seconds of processor that they and their children have used."""
    found = {one.pid: one for parent in processes for one in (parent, *parent.children(recursive=True))}
    return sum(sum(one.cpu_times()[:2]) for one in found.values())


def store_cpu(lab: Lab) -> float:
    said = lab.store.connection.command("INFO", "cpu")
    return float(said["used_cpu_user"]) + float(said["used_cpu_sys"])


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_beside_each_other(lab: Lab, measured: Measured, workers: int) -> None:
    processes = [psutil.Process(lab.worker(["dev"], called=f"w{at}").pid) for at in range(workers)]
    lab.launch(side_by_side(40)("warm"), "warm", direct=True, limit=UNBOUNDED)
    lab.ended("warm", 60)
    rates = []
    before, store_before = cpu_of(processes), store_cpu(lab)
    for number in range(ROUNDS):
        began = time.perf_counter()
        lab.launch(side_by_side(WIDTH)(f"r{number}"), f"r{number}", direct=True, limit=UNBOUNDED)
        key = lab.store.keys.task(f"r{number}")
        eventually(lambda key=key: lab.store.connection.command("HEXISTS", key, "finished"), 120, "it ends", pause=0.01)
        rates.append(WIDTH / (time.perf_counter() - began))
    count = ROUNDS * (WIDTH + 1)
    worker = (cpu_of(processes) - before) / count * 1e3
    store = (store_cpu(lab) - store_before) / count * 1e3
    rate = sorted(rates)[ROUNDS // 2]
    said = f"{rate:.0f} subtasks/s; of a core {worker:.2f} ms worker and servers, {store:.2f} ms store"
    sys.stdout.write(f"\n  {workers} workers: {said}\n")
    measured(f"{workers} worker processes, {WIDTH} wide", "reported", said, True)
