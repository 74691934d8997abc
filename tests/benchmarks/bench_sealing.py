"""What sealing costs a call, against the same without cryptography: a call that nobody is asked about (claimed, made,
completed), and one that is (asked, answered, claimed, used, made, completed).
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

from aether_agents.contracts import Answer, Json, ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.settings.model import Settings
from aether_agents.store import Sealer, Store, open_store
from aether_agents.store.client.sealing import load_keyring
from tests.benchmarks.conftest import Measured
from tests.integration.execution.lab import ECHO
from tests.integration.store.plans import DONE, granted, started

ROUNDS = int(os.environ.get("AETHER_BENCH_ROUNDS", "9"))
TASKS, CALLS = 20, 5
#: Questions of one large task: its head has a version of each.
MANY = 100


class Plain(Sealer):
    """Documents as they are: what the same work takes without sealing."""

    def seal(self, place: str, value: Json, version: int = 0) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def open(self, place: str, blob: bytes, version: int | None = None) -> Json:
        value: Json = json.loads(blob)
        return value


def test_a_call_sealed_and_not(settings: Settings, measured: Measured, tmp_path: Path) -> None:
    spec = ServerSpec(name="echo", queue="dev", command=sys.executable, args=(str(ECHO),), trusted=True)
    host = Host({"echo": spec}, home=tmp_path, connect_timeout=60)
    try:
        for what, asks, size, tasks in (
            ("a call", False, CALLS, TASKS),
            ("an approved call", True, CALLS, TASKS),
            (f"each of {MANY} questions in one task", True, MANY, 1),
        ):
            more, bare, calls = [], [], []
            with open_store(settings) as store:
                both = store.tasks._access.sealer, Plain(load_keyring(settings))
                for number in range(ROUNDS * tasks):
                    took = dict[Sealer, float]()
                    for sealer in both if number % 2 else both[::-1]:  # in turn: other work on the machine meets both
                        took[sealer] = _task(store, f"{number}{asks}{size}{both.index(sealer)}", sealer, asks, size)
                    more.append(took[both[0]] - took[both[1]])
                    bare.append(took[both[1]])
                    calls.append(_call(host))
            extra, without, call = (statistics.median(one) for one in (more, bare, calls))
            ratio = 1 + extra / (without + call)
            figure = (
                f"{ratio:.2f} ({extra * 1e3:+.0f} µs to {without * 1e3:.0f} of the store and {call * 1e3:.0f} of MCP)"
            )
            measured(f"{what}, sealed ÷ not", "≤ 1.1", figure, ratio <= 1.1)
    finally:
        host.close()
        with open_store(settings) as store:  # what lies in clear for comparison goes before anybody looks for such
            for key in store.connection.command("KEYS", f"{settings.broker.prefix}:*"):
                store.connection.command("DEL", key)


def _call(host: Host) -> float:
    """Milliseconds of a warm MCP call."""
    began = time.perf_counter()
    assert host.call("echo", "echo", {"message": "m"}, timeout=60).ok
    return (time.perf_counter() - began) * 1e3


def _task(store: Store, task_id: str, sealer: Sealer, asks: bool, size: int) -> float:
    """Milliseconds of one call, over the calls of one task, which is ended afterwards."""
    object.__setattr__(store.tasks._access, "sealer", sealer)
    run = _asked if asks else _unasked
    ids = [f"a{number}" for number in range(size)]
    said = {one: {"needs_approval": asks, "repeatable": False, "args": {"text": "x" * 200}} for one in ids}
    started(store, {one: [] for one in ids}, task_id=task_id, **said)
    began = time.perf_counter()
    run(store, task_id, ids)
    return (time.perf_counter() - began) * 1e3 / size


def _unasked(store: Store, task_id: str, ids: list[str]) -> None:
    for one in ids:
        store.tasks.complete(task_id, one, granted(store, one, task_id).token, DONE)


def _asked(store: Store, task_id: str, ids: list[str]) -> None:
    for number, one in enumerate(ids, start=1):
        store.tasks.answer(task_id, Answer(intervention_id=f"{one}.{number}", response="approve"))
        claim = granted(store, one, task_id)
        store.tasks.use_answer(task_id, one, claim.token, used=True)
        store.tasks.complete(task_id, one, claim.token, DONE)
