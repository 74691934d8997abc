"""What the sandbox costs: a start and a warm call of a confined server, against the same without, turn by turn."""

import statistics
import sys
import time
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.process.sandbox_view import UNCONFINED, Confinement
from aether_sandbox.confine import MECHANISMS, Mechanism, works
from tests.benchmarks.conftest import Measured
from tests.integration.execution.lab import ECHO

ROUNDS = 9
WARM = 200


@pytest.mark.parametrize("by", [one for one in MECHANISMS if works(one)])
def test_confined_and_not(tmp_path: Path, measured: Measured, by: Mechanism, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.mcp_host.process.sandbox_view.mechanism", lambda: by)
    starts, calls = [], []
    for number in range(ROUNDS):
        hosts = [_host(tmp_path / name, how) for name, how in (("plain", UNCONFINED), ("confined", Confinement()))]
        try:
            order = hosts if number % 2 else hosts[::-1]
            first = {host: _timed(host) for host in order}
            warm: dict[Host, list[float]] = {host: [] for host in hosts}
            for _ in range(WARM):
                for host in order:
                    warm[host].append(_timed(host))
        finally:
            for host in hosts:
                host.close()
        plain, within = hosts
        starts.append(first[within] / first[plain])
        calls.append(statistics.median(warm[within]) / statistics.median(warm[plain]))
    start, call = statistics.median(starts), statistics.median(calls)
    measured(f"start of a server in the sandbox ({by}) ÷ without", "≤ 1.3", f"{start:.2f}", start <= 1.3)
    measured(f"warm call of a server in the sandbox ({by}) ÷ without", "≤ 1.1", f"{call:.2f}", call <= 1.1)


def _host(home: Path, confinement: Confinement) -> Host:
    spec = ServerSpec(name="echo", queue="dev", command=sys.executable, args=(str(ECHO),), trusted=True, network=False)
    return Host({"echo": spec}, home=home, connect_timeout=60, confinement=confinement)


def _timed(host: Host) -> float:
    before = time.perf_counter()
    result = host.call("echo", "echo", {"message": "m"}, timeout=60)
    assert result.ok, result
    return time.perf_counter() - before
