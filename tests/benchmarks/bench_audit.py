"""What the audit record costs a subtask, in CPU of worker and store, against a hop of bare Celery. Paired, medians."""

import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.settings.upkeep import AuditSettings
from tests.benchmarks.bench_delivery import WIDTH, bare_chord, ours, side_by_side
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))

Labs = tuple[Lab, Lab]


def _lab(valkey: ValkeyServer, key: Path, folder: Path, *, enabled: bool) -> Iterator[Lab]:
    delivery, audit = DeliverySettings(concurrency=8), AuditSettings(enabled=enabled)
    settings = quick(valkey, key, folder).model_copy(update={"delivery": delivery, "audit": audit})
    for lab in laboratory(settings, folder, names=("dev",)):
        lab.worker(["dev"], entry="tests.benchmarks.entry", env={"AETHER_TEST_CONCURRENCY": "8"})
        ours(lab, side_by_side(WIDTH), direct=True)()
        yield lab


@pytest.fixture
def labs(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labs]:
    """A laboratory with the record and one without it, each with one worker of eight threads."""
    for told in _lab(valkey, sealing_key, tmp_path_factory.mktemp("told"), enabled=True):
        for untold in _lab(valkey, sealing_key, tmp_path_factory.mktemp("untold"), enabled=False):
            yield told, untold


def _spent(lab: Lab) -> float:
    """Seconds of CPU that the worker and the store have used."""
    worker = psutil.Process(lab.workers[0].pid).cpu_times()
    server = lab.store.connection.command("INFO", "cpu")
    return float(worker.user + worker.system + server["used_cpu_user"] + server["used_cpu_sys"])


def _cost(lab: Lab, work: Callable[[], None]) -> float:
    """Milliseconds of CPU for each of `WIDTH`, until the record is linked."""
    before = _spent(lab)
    work()
    eventually(
        lambda: not lab.store.connection.command("XLEN", lab.store.keys.audit_new), 60, "it is linked", pause=0.1
    )
    return (_spent(lab) - before) * 1e3 / WIDTH


def test_what_the_record_costs(labs: Labs, measured: Measured) -> None:
    told, untold = labs
    plan, more, bare = side_by_side(WIDTH), [], []
    for number in range(ROUNDS):
        pair = [(told, 1), (untold, -1)][:: 1 if number % 2 else -1]
        more.append(sum(sign * _cost(lab, ours(lab, plan, direct=True)) for lab, sign in pair))
        bare.append(_cost(untold, bare_chord(untold)))
    extra, hop = statistics.median(more), statistics.median(bare)
    sys.stdout.write(f"\n  more per subtask: {[round(one, 3) for one in more]} ms; a bare hop: {hop:.2f} ms\n")
    entries = list(told.store.audit.lines())
    size = told.store.connection.command("MEMORY", "USAGE", told.store.keys.audit, "SAMPLES", 0) / len(entries)
    ratio = extra / hop
    measured("audit record, CPU a subtask ÷ a bare hop", "≤ 0.1", f"{ratio:.2f} ({extra * 1e3:+.0f} µs)", ratio <= 0.1)
    measured("audit record, store per entry", "≤ 160 B", f"{size:.0f} B", size <= 160)
