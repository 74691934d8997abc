"""What sealing costs a call on the store's side, against the same without cryptography: a call that nobody is asked
about (claimed, completed), and one that is (asked, answered, claimed, used, completed).
"""

import json
import os
import statistics
import time

from aether_agents.contracts import Answer, Json
from aether_agents.settings.model import Settings
from aether_agents.store import Sealer, Store, open_store
from aether_agents.store.client.sealing import load_keyring
from tests.benchmarks.conftest import Measured
from tests.integration.store.plans import DONE, granted, started

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))
TASKS, CALLS = 20, 5

#: Milliseconds of a warm MCP call and of the messages around it, which every call has beside this.
CALL = 1.34


class Plain(Sealer):
    """Documents as they are: what the same work takes without sealing."""

    def seal(self, place: str, value: Json, version: int = 0) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def open(self, place: str, blob: bytes, version: int | None = None) -> Json:
        value: Json = json.loads(blob)
        return value


def test_a_call_sealed_and_not(settings: Settings, measured: Measured) -> None:
    for what, asks in (("a call", False), ("an approved call", True)):
        more, bare = [], []
        with open_store(settings) as store:
            both = store.tasks._access.sealer, Plain(load_keyring(settings))
            for number in range(ROUNDS * TASKS):
                took = dict[Sealer, float]()
                for sealer in both if number % 2 else both[::-1]:  # in turn: other work on the machine meets both
                    took[sealer] = _task(store, f"{number}{asks}{both.index(sealer)}", sealer, asks)
                more.append(took[both[0]] - took[both[1]])
                bare.append(took[both[1]])
        extra = statistics.median(more)
        ratio = 1 + extra / CALL
        figure = f"{ratio:.2f} ({extra * 1e3:+.0f} µs to {statistics.median(bare) * 1e3:.0f} µs of the store)"
        measured(f"{what}, sealed ÷ not, beside its own 1.34 ms", "≤ 1.1", figure, ratio <= 1.1)


def _task(store: Store, task_id: str, sealer: Sealer, asks: bool) -> float:
    """Milliseconds of one call, over the calls of one task, which is ended afterwards."""
    object.__setattr__(store.tasks._access, "sealer", sealer)
    run = _asked if asks else _unasked
    ids = [f"a{number}" for number in range(CALLS)]
    said = {one: {"needs_approval": asks, "repeatable": False, "args": {"text": "x" * 200}} for one in ids}
    started(store, {one: [] for one in ids}, task_id=task_id, **said)
    began = time.perf_counter()
    run(store, task_id, ids)
    return (time.perf_counter() - began) * 1e3 / CALLS


def _unasked(store: Store, task_id: str, ids: list[str]) -> None:
    for one in ids:
        store.tasks.complete(task_id, one, granted(store, one, task_id).token, DONE)


def _asked(store: Store, task_id: str, ids: list[str]) -> None:
    for number, one in enumerate(ids, start=1):
        store.tasks.answer(task_id, Answer(intervention_id=f"{one}.{number}", response="approve"))
        claim = granted(store, one, task_id)
        store.tasks.use_answer(task_id, one, claim.token, used=True)
        store.tasks.complete(task_id, one, claim.token, DONE)
