"""This machine: what it is, how loaded it is, how much of its memory is used."""

import math
import os
import platform
import time
from datetime import UTC, datetime

import psutil
from pydantic import BaseModel, Field

from workers.inspection.git import printable

from .container import read_share
from .readings import Reading

_MIB = 1 << 20
_DAY = 86_400


class Machine(BaseModel):
    """What this machine is."""

    name: str = Field(description="Its host name.")
    system: str = Field(description="Operating system and its release.")
    cores: int = Field(description="Logical processors; in a container those it may use, rounded up.")
    memory_mib: int = Field(description="Memory in MiB; in a container what it may use.")
    booted_at: str = Field(description="When it started (UTC, ISO 8601).")
    uptime_days: float = Field(description="Days since then.")
    load: list[float] = Field(description="Load averages over 1, 5 and 15 minutes.")


def this_machine() -> Machine:
    """What this machine is, now."""
    booted = psutil.boot_time()
    return Machine(
        name=printable(platform.node(), 100),
        system=printable(f"{platform.system()} {platform.release()} {platform.machine()}", 200),
        cores=_cores(),
        memory_mib=_memory() // _MIB,
        booted_at=datetime.fromtimestamp(booted, UTC).isoformat(timespec="seconds"),
        uptime_days=round(max(0.0, time.time() - booted) / _DAY, 2),
        load=[round(value, 2) for value in os.getloadavg()],
    )


def read_load(limit: float) -> Reading:
    """Load per core, averaged over five minutes: a minute's peak is no trouble."""
    one, five, fifteen = os.getloadavg()
    cores = psutil.cpu_count() or 1  # the load is the machine's, also where a container may use less of it
    note = f"{one:.2f}, {five:.2f}, {fifteen:.2f} over 1, 5, 15 minutes on {cores} cores"
    processors = read_share().processors
    if processors is not None and processors < cores:
        note += f", of which this container may use {processors:g}"
    return Reading("load", "the processors", five / cores, limit, "per core", note)


def read_memory(limit: float) -> Reading:
    """Memory that programs could not have: what caches hold counts as free. In a container, of what it may have."""
    share, memory = read_share(), psutil.virtual_memory()
    if share.memory is not None and share.memory < memory.total:
        free = max(0, min(share.memory - share.used, memory.available))
        percent = 100 * (1 - free / share.memory) if share.memory else 100.0
        note = f"{free // _MIB} MiB of {share.memory // _MIB} MiB available, which its container may use"
        return Reading("memory", "the container", round(percent, 1), limit, "%", note)
    note = f"{memory.available // _MIB} MiB of {memory.total // _MIB} MiB available"
    return Reading("memory", "the machine", memory.percent, limit, "%", note)


def read_swap(limit: float) -> Reading:
    """Swap in use. A machine without swap uses none."""
    share, swap = read_share(), psutil.swap_memory()
    if share.memory is not None and share.swap is not None and share.swap < swap.total:
        if not share.swap:
            return Reading("swap", "the container", 0.0, limit, "%", "its container may use none")
        note = f"{share.swap_used // _MIB} MiB of {share.swap // _MIB} MiB used, which its container may use"
        return Reading("swap", "the container", round(100 * share.swap_used / share.swap, 1), limit, "%", note)
    note = f"{swap.used // _MIB} MiB of {swap.total // _MIB} MiB used" if swap.total else "it has no swap"
    return Reading("swap", "the machine", swap.percent, limit, "%", note)


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processors = read_share().processors
    return min(allowed, math.ceil(processors)) if processors else allowed


def _memory() -> int:
    total = psutil.virtual_memory().total
    return min(total, read_share().memory or total)
