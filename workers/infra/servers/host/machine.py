"""This machine: what it is, how loaded it is, how much of its memory is used."""

import os
import platform
import time
from datetime import UTC, datetime

import psutil
from pydantic import BaseModel, Field

from workers.inspection.git import printable

from .readings import Reading

_MIB = 1 << 20
_DAY = 86_400


class Machine(BaseModel):
    """What this machine is."""

    name: str = Field(description="Its host name.")
    system: str = Field(description="Operating system and its release.")
    cores: int = Field(description="Logical processors.")
    memory_mib: int = Field(description="Memory in MiB.")
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
        memory_mib=psutil.virtual_memory().total // _MIB,
        booted_at=datetime.fromtimestamp(booted, UTC).isoformat(timespec="seconds"),
        uptime_days=round(max(0.0, time.time() - booted) / _DAY, 2),
        load=[round(value, 2) for value in os.getloadavg()],
    )


def read_load(limit: float) -> Reading:
    """Load per core, averaged over five minutes: a minute's peak is no trouble."""
    one, five, fifteen = os.getloadavg()
    note = f"{one:.2f}, {five:.2f}, {fifteen:.2f} over 1, 5, 15 minutes on {_cores()} cores"
    return Reading("load", "the processors", five / _cores(), limit, "per core", note)


def read_memory(limit: float) -> Reading:
    """Memory that programs could not have: what caches hold counts as free."""
    memory = psutil.virtual_memory()
    note = f"{memory.available // _MIB} MiB of {memory.total // _MIB} MiB available"
    return Reading("memory", "the machine", memory.percent, limit, "%", note)


def read_swap(limit: float) -> Reading:
    """Swap in use. A machine without swap uses none."""
    swap = psutil.swap_memory()
    note = f"{swap.used // _MIB} MiB of {swap.total // _MIB} MiB used" if swap.total else "it has no swap"
    return Reading("swap", "the machine", swap.percent, limit, "%", note)


def _cores() -> int:
    return psutil.cpu_count() or 1
