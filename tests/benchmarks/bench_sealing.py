"""What sealing costs an approved call on the store's side: asked, answered, claimed, used, completed; against the same
without cryptography.
"""

import json
import os
import statistics
import time

from aether_agents.contracts import Answer, Json
from aether_agents.settings import Settings
from aether_agents.store import Sealer, Store, open_store
from aether_agents.store.sealing import load_keyring
from tests.benchmarks.conftest import Measured
from tests.integration.store.plans import DONE, granted, started

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))
CALLS = 100

#: Milliseconds of a warm MCP call and of the messages around it, which every call has beside this.
CALL = 1.34


class Plain(Sealer):
    """Documents as they are: what the same work takes without sealing."""

    def seal(self, place: str, value: Json, version: int = 0) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def open(self, place: str, blob: bytes, version: int | None = None) -> Json:
        value: Json = json.loads(blob)
        return value


def test_an_approved_call_sealed_and_not(settings: Settings, measured: Measured) -> None:
    sealed, plain = [], []
    with open_store(settings) as store:
        ours = store.tasks._access.sealer
        for number in range(ROUNDS):
            sealed.append(_round(store, f"s{number}", ours))
            plain.append(_round(store, f"p{number}", Plain(load_keyring(settings))))
    more = statistics.median(one - other for one, other in zip(sealed, plain, strict=True))
    ratio = 1 + more / CALL
    figure = f"{ratio:.2f} (+{more * 1e3:.0f} µs)"
    measured("an approved call, sealed ÷ not, by the call's own 1.34 ms", "≤ 1.1", figure, ratio <= 1.1)


def _round(store: Store, task_id: str, sealer: Sealer) -> float:
    """Milliseconds of one call."""
    object.__setattr__(store.tasks._access, "sealer", sealer)
    names = [f"a{number}" for number in range(CALLS)]
    asks = {name: {"needs_approval": True, "repeatable": False, "args": {"text": "x" * 200}} for name in names}
    started(store, {name: [] for name in names}, task_id=task_id, **asks)
    began = time.perf_counter()
    for question in store.tasks.view(task_id).interventions:
        store.tasks.answer(task_id, Answer(intervention_id=question.id, response="approve"))
        claim = granted(store, str(question.subtask_id), task_id)
        store.tasks.use_answer(task_id, str(question.subtask_id), claim.token, used=True)
        store.tasks.complete(task_id, str(question.subtask_id), claim.token, DONE)
    return (time.perf_counter() - began) * 1e3 / CALLS
