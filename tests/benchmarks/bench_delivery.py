"""Delivery against bare Celery: the same calls on the same worker, pool and queue. Paired, alternating, medians."""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from celery import chain, chord

from aether_agents.contracts import PlannedSubtask
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store import Delivery
from tests.benchmarks.conftest import Measured
from tests.chaos.plans import plain, plan_of
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))
STEPS = 40
WIDTH = 400
NODES = 1_000
UNBOUNDED = 10**9

_numbers = count()


@pytest.fixture(scope="module")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One worker with eight threads and the product's own settings of delivery."""
    folder = tmp_path_factory.mktemp("bench")
    settings = quick(valkey, sealing_key, folder).model_copy(update={"delivery": DeliverySettings(concurrency=8)})
    for lab in laboratory(settings, folder, names=("dev",)):
        lab.worker(["dev"], entry="tests.benchmarks.entry", env={"AETHER_TEST_CONCURRENCY": "8"})
        for work in (bare_chain(lab), ours(lab, in_line(STEPS), direct=True)):
            work()
        yield lab


def bare_chain(lab: Lab) -> Callable[[], None]:
    def run() -> None:
        key = f"{lab.store.keys.prefix}:bench:{next(_numbers)}"
        chain(*[_bare(lab) for _ in range(STEPS - 1)], _bare_end(lab, key)).apply_async()
        _until(lab, "EXISTS", key)

    return run


def bare_chord(lab: Lab) -> Callable[[], None]:
    def run() -> None:
        key = f"{lab.store.keys.prefix}:bench:{next(_numbers)}"
        chord([_bare(lab) for _ in range(WIDTH)], _bare_end(lab, key)).apply_async()
        _until(lab, "EXISTS", key)

    return run


def ours(lab: Lab, plan: Callable[[str], list[PlannedSubtask]], *, direct: bool) -> Callable[[], None]:
    def run() -> None:
        task_id = f"b{next(_numbers)}"
        lab.launch(plan(task_id), task_id, direct=direct, limit=UNBOUNDED)
        _until(lab, "HEXISTS", lab.store.keys.task(task_id), "finished")

    return run


def in_line(steps: int) -> Callable[[str], list[PlannedSubtask]]:
    return lambda task: [
        step(task, f"s{at}", [f"s{at - 1}"] if at else [], args={"message": "m"}) for at in range(steps)
    ]


def side_by_side(width: int) -> Callable[[str], list[PlannedSubtask]]:
    def plan(task: str) -> list[PlannedSubtask]:
        wide = [step(task, f"h{at}", args={"message": "m"}) for at in range(width)]
        return [*wide, step(task, "z", [one.id for one in wide], args={"message": "m"})]

    return plan


def _bare(lab: Lab):
    return lab.sender._app.signature("dev.bare", immutable=True, options={"queue": "dev", "ignore_result": True})


def _bare_end(lab: Lab, key: str):
    options = {"queue": "dev", "ignore_result": True}
    return lab.sender._app.signature("dev.bare_end", args=(key,), immutable=True, options=options)


def _until(lab: Lab, *question: str) -> None:
    """Ask the server every two milliseconds, at most two minutes: cheap, and the same for both sides."""
    eventually(lambda: lab.store.connection.command(*question), 120, str(question), pause=0.002)


def ratios(cases: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median of each case over `bare`, paired by round, in an order that alternates."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    dice = random.Random(1)
    for _ in range(ROUNDS):
        for name in dice.sample(list(cases), len(cases)):
            before = time.perf_counter()
            cases[name]()
            times[name].append(time.perf_counter() - before)
    bare = times.pop("bare")
    medians = {name: f"{statistics.median(taken) * 1e3:.0f} ms" for name, taken in {"bare": bare, **times}.items()}
    sys.stdout.write(f"\n  medians of {ROUNDS}: {medians}\n")
    return {
        name: statistics.median(ours / base for ours, base in zip(taken, bare, strict=True))
        for name, taken in times.items()
    }


def test_in_line(lab: Lab, measured: Measured) -> None:
    plan = in_line(STEPS)
    found = ratios(
        {"bare": bare_chain(lab), "canvas": ours(lab, plan, direct=False), "direct": ours(lab, plan, direct=True)}
    )
    for name, bar in (("canvas", 1.4), ("direct", 1.25)):
        measured(f"{STEPS} sequential ÷ bare chain, {name}", f"≤ {bar}", f"{found[name]:.2f}", found[name] <= bar)


def test_side_by_side(lab: Lab, measured: Measured) -> None:
    plan = side_by_side(WIDTH)
    found = ratios(
        {"bare": bare_chord(lab), "canvas": ours(lab, plan, direct=False), "direct": ours(lab, plan, direct=True)}
    )
    for name, bar in (("canvas", 1.4), ("direct", 1.2)):
        measured(f"{WIDTH} wide ÷ bare chord, {name}", f"≤ {bar}", f"{found[name]:.2f}", found[name] <= bar)


def test_a_thousand_nodes(lab: Lab, measured: Measured) -> None:
    dice = random.Random(3)
    needs = {f"v{at}": [f"v{n}" for n in dice.sample(range(at), min(at, dice.randint(0, 3)))] for at in range(NODES)}
    plan = plan_of(dice, "large", needs, plain, lab.names)
    began = time.perf_counter()
    assert lab.launch(plan, "large", limit=5_000) == "direct"
    _until(lab, "HEXISTS", lab.store.keys.task("large"), "finished")
    took = time.perf_counter() - began
    keys = [lab.store.keys.task("large"), lab.store.keys.subtasks("large"), lab.store.keys.events("large")]
    used = sum(lab.store.connection.command("MEMORY", "USAGE", key, "SAMPLES", 0) for key in keys) / NODES
    measured(f"{NODES}-node DAG, Redis per subtask", "≤ 1024 B", f"{used:.0f} B ({took:.1f} s in all)", used <= 1024)
    runs = lab.calls().started
    twice = sum(runs[f"large/{name}"] != 1 for name in needs)
    measured(f"{NODES}-node DAG, not run exactly once", "0", str(twice), twice == 0)


def test_messages_wait_for_nobody(lab: Lab) -> None:
    """The queue is empty after all that: nothing was sent that nobody took."""
    lab.sender.send([Delivery("ghost", "a", "dev")])
    eventually(lambda: not sum(lab.store.backlog(["dev"]).values()), what="the queue is empty")
