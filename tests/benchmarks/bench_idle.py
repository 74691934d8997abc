"""What an embedded stack takes that has nothing to do: processes, memory, processor, commands to the store."""

import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

from aether_agents.local import Stack
from aether_agents.settings.loader import load_settings
from aether_agents.store import open_store
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually

SECONDS = 60.0


def family(stack: Stack) -> list[psutil.Process]:
    """Every process of a stack, with the servers that its workers have started."""
    roots = [psutil.Process(one.pid) for one in stack.ps() if one.pid]
    found = {one.pid: one for root in roots for one in (root, *root.children(recursive=True))}
    return list(found.values())


def taken(processes: list[psutil.Process]) -> float:
    """Seconds of processor that they have used."""
    return sum(sum(one.cpu_times()[:2]) for one in processes if one.is_running())


@pytest.mark.timeout(300)
def test_an_idle_stack(tmp_path: Path, measured: Measured) -> None:
    settings = load_settings(tmp_path, environ={**os.environ, "AETHER_HOME": str(tmp_path / "home")})
    stack = Stack(settings)
    with stack.join_or_start(), open_store(stack.settings()) as store:
        eventually(lambda: len(store.catalogue.own()) >= 5, 120, "its servers are listed")
        quiet = threading.Event()
        quiet.wait(20)  # what starts has started
        processes, commands = family(stack), store.connection.command("INFO", "stats")["total_commands_processed"]
        before = taken(processes)
        quiet.wait(SECONDS)
        used = taken(processes) - before
        asked = store.connection.command("INFO", "stats")["total_commands_processed"] - commands
        memory = sum(one.memory_full_info().uss for one in processes if one.is_running()) / 1e6
    said = (
        f"{len(processes)} processes, {memory:.0f} MB, {100 * used / SECONDS:.1f} % of a core, {asked / SECONDS:.0f}/s"
    )
    sys.stdout.write(f"\n  idle: {said}\n")
    measured("an idle embedded stack", "reported", said, True)
