"""Processes: the ones that use the most. Their names only: a command line may hold a secret."""

import time
from typing import Literal

import psutil
from pydantic import BaseModel, Field

from workers.inspection.git import printable

#: Seconds over which the use of the processor is measured.
SAMPLE = 0.4
_MIB = 1 << 20

By = Literal["cpu", "memory"]


class Process(BaseModel):
    """One process."""

    pid: int = Field(description="Its process id.")
    name: str = Field(description="Name of its program.")
    user: str = Field(description="User it runs as.")
    cpu_percent: float = Field(description="Share of one core while it was measured; several cores give more than 100.")
    memory_mib: int = Field(description="Memory it holds in MiB (resident).")
    memory_percent: float = Field(description="Share of the machine's memory.")


class Processes(BaseModel):
    """The processes that use the most."""

    processes: list[Process] = Field(description="The greatest users first.")
    total: int = Field(description="Processes that this user may see.")
    hidden: int = Field(description="Processes that this user may not see.")


def read_processes(by: By, limit: int) -> Processes:
    """The processes that use the most of the processor or of the memory, this one left out."""
    before = {process: _busy(process) for process in psutil.process_iter()}
    started = time.monotonic()
    time.sleep(SAMPLE)
    spent = time.monotonic() - started
    whole = psutil.virtual_memory().total
    known, hidden = list[Process](), 0
    for process, busy in before.items():
        one = _read(process, busy, spent, whole)
        if one is None:
            hidden += 1
        elif process.pid != psutil.Process().pid:
            known.append(one)
    known.sort(key=lambda one: (-(one.cpu_percent if by == "cpu" else one.memory_mib), -one.memory_mib, one.pid))
    return Processes(processes=known[:limit], total=len(known), hidden=hidden)


def _busy(process: psutil.Process) -> float | None:
    """Seconds of processor it has used."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return None
    return times.user + times.system


def _read(process: psutil.Process, busy: float | None, spent: float, whole: int) -> Process | None:
    now = _busy(process)
    try:
        with process.oneshot():
            memory, name, user = process.memory_info().rss, process.name(), process.username()
    except psutil.Error:
        return None
    used = max(0.0, now - busy) if now is not None and busy is not None else 0.0
    return Process(
        pid=process.pid,
        name=printable(name, 100),
        user=printable(user, 100),
        cpu_percent=round(100 * used / spent, 1),
        memory_mib=memory // _MIB,
        memory_percent=round(100 * memory / whole, 1),
    )
