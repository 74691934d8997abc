"""A reading: one figure of this machine against its limit, and the result of that."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from workers.inspection.findings import Finding, Severity, Status

CheckName = Literal["load", "memory", "swap", "disks", "inodes", "services", "clock"]
CHECKS: tuple[CheckName, ...] = ("load", "memory", "swap", "disks", "inodes", "services", "clock")

#: From so many percent on, something is not only nearly full.
FULL = 98.0


class Reading(NamedTuple):
    """One figure and its limit."""

    check: CheckName
    of: str  #: what was measured: a mount, "the machine"
    value: float | None  #: the figure; None when it cannot be known
    limit: float
    unit: str  #: `%`, `per core`, `failed`, `s`
    note: str = ""  #: how it is made up, or why it cannot be known


class Check(BaseModel):
    """One check as people read it."""

    check: str = Field(description="What was checked.")
    of: str = Field(description="The mount, service manager or part of the machine.")
    result: Status = Field(description="`fail` at the limit or beyond; `inconclusive` when it cannot be known.")
    value: str = Field(description="The figure with its unit; empty when it cannot be known.")
    limit: str = Field(description="The figure from which on it fails.")
    note: str = Field(description="How the figure is made up, or why it cannot be known.")


class _Fault(NamedTuple):
    title: str
    severity: Severity
    remedy: str


_FAULTS: dict[CheckName, _Fault] = {
    "load": _Fault("High load", "medium", "See which processes use the processor."),
    "memory": _Fault("Memory nearly used up", "high", "See which processes use the most, before the kernel ends one."),
    "swap": _Fault("Swap nearly used up", "medium", "Memory is too small for what runs here."),
    "disks": _Fault("Disk nearly full", "high", "Make room on it, or make it larger."),
    "inodes": _Fault("Disk nearly out of inodes", "high", "Look for folders with very many small files."),
    "services": _Fault("Failed services", "high", "`systemctl status UNIT` and `journalctl -u UNIT` say why."),
    "clock": _Fault("Inexact clock", "medium", "Check the time service, such as chrony or systemd-timesyncd."),
}


def judge(reading: Reading) -> tuple[Check, Finding | None]:
    """The result of a reading, and the finding if it is at its limit or beyond."""
    unknown = reading.value is None
    value, limit = _shown(reading.value, reading.unit), _shown(reading.limit, reading.unit)
    beyond = reading.value is not None and reading.value >= reading.limit
    result: Status = "inconclusive" if unknown else "fail" if beyond else "pass"
    check = Check(check=reading.check, of=reading.of, result=result, value=value, limit=limit, note=reading.note)
    if not beyond:
        return check, None
    title, severity, remedy = _FAULTS[reading.check]
    full = reading.unit == "%" and (reading.value or 0) >= FULL and severity == "high"
    detail = f"{value}, the limit is {limit}{f' ({reading.note})' if reading.note else ''}. {remedy}"
    where = reading.of if reading.of.startswith("/") else reading.check
    return check, Finding(
        rule=reading.check, title=title, severity="critical" if full else severity, file=where, detail=detail
    )


def gaps(readings: Iterable[Reading]) -> list[str]:
    """What could not be known, and why."""
    return [f"{one.check} of {one.of}: {one.note}" for one in readings if one.value is None]


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    figure = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{figure}{unit}" if unit == "%" else f"{figure} {unit}"
