"""A warm call against a cold one, of a Python MCP server over its standard streams."""

import statistics
import sys
import time
from pathlib import Path

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from tests.benchmarks.conftest import Measured
from tests.integration.execution.lab import ECHO

ROUNDS = 9
WARM = 50


def test_warm_and_cold(tmp_path: Path, measured: Measured) -> None:
    spec = ServerSpec(name="echo", queue="dev", command=sys.executable, args=(str(ECHO),), trusted=True)
    cold, warm = [], []
    for _ in range(ROUNDS):
        host = Host({"echo": spec}, home=tmp_path, connect_timeout=60)
        try:
            cold.append(_timed(host))
            warm.append(statistics.median(_timed(host) for _ in range(WARM)))
        finally:
            host.close()
    ratio = statistics.median(one / other for one, other in zip(cold, warm, strict=True))
    figure = f"1/{ratio:.0f} ({statistics.median(warm) * 1e3:.1f} ms, {statistics.median(cold) * 1e3:.0f} ms)"
    measured("warm ÷ cold call of a stdio server", "≤ 1/50", figure, ratio >= 50)


def _timed(host: Host) -> float:
    before = time.perf_counter()
    result = host.call("echo", "echo", {"message": "m"}, timeout=60)
    assert result.ok, result
    return time.perf_counter() - before
