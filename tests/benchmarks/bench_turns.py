"""What it costs a call to be sure that what it needs has ended: a warm call, and the same with the check, in turn."""

import os
import statistics
import sys
import time
from pathlib import Path

from aether_agents.contracts import ServerSpec
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.execution.turn import Turns
from aether_agents.mcp_host.pool.host import Host
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
from tests.benchmarks.conftest import Measured
from tests.integration.execution.lab import ECHO
from tests.integration.store.plans import DONE, granted, started

TASKS = int(os.environ.get("AETHER_BENCH_TASKS", "90"))


def test_a_call_with_the_check_of_what_it_needs(settings: Settings, measured: Measured, tmp_path: Path) -> None:
    spec = ServerSpec(name="echo", queue="dev", command=sys.executable, args=(str(ECHO),), trusted=True)
    host = Host({"echo": spec}, home=tmp_path, connect_timeout=60)
    calls, first, again, whole = [], [], [], []
    try:
        with open_store(settings) as store:
            turns = Turns(store, StoreRetry())
            for number in range(TASKS):
                task_id = f"t{number}"
                started(store, {"a": [], "b": ["a"]}, task_id=task_id)
                store.tasks.complete(task_id, "a", granted(store, "a", task_id).token, DONE)
                began = time.perf_counter()
                claim = granted(store, "b", task_id)
                claimed = time.perf_counter()
                turns.outcomes(task_id, claim)
                checked = time.perf_counter()
                turns.outcomes(task_id, claim)
                known = time.perf_counter()
                assert host.call("echo", "echo", {"message": "m"}, timeout=60).ok
                called = time.perf_counter()
                store.tasks.complete(task_id, "b", claim.token, DONE)
                ended = time.perf_counter()
                calls.append(called - known)
                first.append(checked - claimed)
                again.append(known - checked)
                whole.append((claimed - began) + (called - known) + (ended - called))
    finally:
        host.close()
    call, check, cached, all_of_it = (statistics.median(one[5:]) for one in (calls, first, again, whole))
    told = f"{check * 1e6:.0f} µs, {cached * 1e6:.0f} µs when known; call {call * 1e6:.0f} µs"
    ratio = 1 + check / all_of_it
    measured(
        "claim, call, complete with the check of its needs ÷ without", "≤ 1.1", f"{ratio:.2f} ({told})", ratio <= 1.1
    )
