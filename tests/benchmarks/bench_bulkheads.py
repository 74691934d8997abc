"""Bulkheads: what they cost where two servers and two people share a worker, and that nobody is refused for them."""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest
from kombu.transport.redis import Channel

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store.store import Tasks
from tests.benchmarks.bench_delivery import UNBOUNDED, ratios
from tests.benchmarks.conftest import Measured
from tests.chaos.plans import plain
from tests.chaos.wave import Scenario, infect
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

WIDTH = 200
PLANS = 30
SERVERS = ("echo", "other")
OWNERS = ("ann", "bob")
#: A worker with two servers; and one in which no thread is ever the last one and nothing runs beside them.
WITH: Mapping[str, str] = {"AETHER_TEST_OTHER": "1", "AETHER_TEST_CONCURRENCY": "8"}
WITHOUT = {**WITH, "AETHER_TEST_NO_BULKHEADS": "1"}

_numbers = count()


@contextmanager
def _lab(valkey: ValkeyServer, key: Path, folder: Path, env: Mapping[str, str]) -> Iterator[Lab]:
    spare = 0 if "AETHER_TEST_NO_BULKHEADS" in env else 8
    delivery = DeliverySettings(concurrency=8, spare=spare)
    settings = quick(valkey, key, folder).model_copy(update={"delivery": delivery})
    for lab in laboratory(settings, folder, names=("dev",)):
        lab.worker(["dev"], entry="tests.benchmarks.entry", env=env)
        crowd(lab)()
        yield lab


def crowd(lab: Lab) -> Callable[[], None]:
    """Each of two people has a wide plan on each of two servers, all at once."""

    def run() -> None:
        ids = []
        for owner in OWNERS:
            for server in SERVERS:
                task_id = f"b{next(_numbers)}"
                wide = [step(task_id, f"h{at}", server=server, args={"message": "m"}) for at in range(WIDTH // 2)]
                end = step(task_id, "z", [one.id for one in wide], server=server, args={"message": "m"})
                lab.launch([*wide, end], task_id, direct=True, limit=UNBOUNDED, owner=owner)
                ids.append(task_id)
        lines = [("HEXISTS", lab.store.keys.task(task_id), "finished") for task_id in ids]
        eventually(lambda: all(lab.store.connection.commands(lines)), 120, "all tasks end", pause=0.002)

    return run


def test_cost(
    valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory, measured: Measured
) -> None:
    with ExitStack() as stack:
        labs = {
            name: stack.enter_context(_lab(valkey, sealing_key, tmp_path_factory.mktemp(name), env))
            for name, env in (("bare", WITHOUT), ("bulkheads", WITH))
        }
        found = ratios({name: crowd(lab) for name, lab in labs.items()})
    ratio = found["bulkheads"]
    measured("400 calls, 2 servers, 2 owners: bulkheads ÷ none", "≤ 1.15", f"{ratio:.2f}", ratio <= 1.15)


@pytest.fixture
def undisturbed(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """Without a worker yet; the reaper sends nothing."""
    settings = quick(valkey, sealing_key, tmp_path)
    settings = settings.model_copy(update={"delivery": DeliverySettings(lease=60, stale=60, concurrency=4)})
    put, claim = Channel._put, Tasks.claim
    try:
        yield from laboratory(settings, tmp_path)
    finally:
        Channel._put, Tasks.claim = put, claim  # type: ignore[method-assign]
        for name in ("AETHER_TEST_FAULTS", "AETHER_TEST_OTHER"):
            os.environ.pop(name, None)


@pytest.mark.parametrize("crowded", [False, True])
def test_undisturbed(undisturbed: Lab, measured: Measured, crowded: bool) -> None:
    scenario = Scenario(undisturbed, random.Random(5), plain, sp_share=1.0, within=120, crowd=crowded)
    infect(scenario)
    scenario.run(PLANS)
    assert scenario.broken == []
    claims = scenario.counted("claims")
    refused = sum(claims.values()) - claims["granted"] - (claims["done"] + claims["leased"] if crowded else 0)
    who = "2 servers, 3 owners" if crowded else "1 server, 1 owner"
    told = f"{refused} (of {sum(claims.values())}; {claims['done'] + claims['leased']} messages used for another)"
    measured(f"undisturbed canvas, {who}: refused claims", "0", told, refused == 0)
