"""Health: every check of this machine, and their result together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Left, ScanResult, conclude

from .clock import read_clock
from .disks import mounts, read_disks, read_inodes
from .machine import Machine, read_load, read_memory, read_swap, this_machine
from .readings import Check, CheckName, Reading, gaps, judge
from .services import read_services


@dataclass(frozen=True)
class Limits:
    """From where on a figure is a fault."""

    disk: float = 90.0  #: percent of a disk's bytes
    inode: float = 90.0  #: percent of its inodes
    memory: float = 90.0  #: percent
    swap: float = 80.0  #: percent
    load: float = 2.0  #: per core, over five minutes
    clock: float = 1.0  #: seconds


class Health(ScanResult):
    """How this machine is."""

    machine: Machine = Field(description="What machine it is.")
    checks: list[Check] = Field(description="Every check, in the order it was made.")


def read_health(job: Job, limits: Limits, wanted: Sequence[CheckName]) -> Health:
    """Make the checks that are wanted, and say their result.

    Raises:
        Stopped: the job is no longer wanted.
    """
    machine = this_machine()
    found = mounts()
    coverage = Coverage()
    if {"disks", "inodes"} & set(wanted):
        coverage.skipped = [Left(path=point, why=why) for point, why in found.left[:50]]
        coverage.skipped_total = len(found.left)
    readings = list(_readings(job, limits, wanted, found.local))
    judged = [judge(reading) for reading in readings]
    coverage.checks = sum(check.result != "inconclusive" for check, _ in judged)
    coverage.gaps = gaps(readings)
    findings = [finding for _, finding in judged if finding]
    base = conclude("health of this machine (psutil)", machine.name, findings, coverage, looked=coverage.checks > 0)
    return Health(**base.model_dump(), machine=machine, checks=[check for check, _ in judged])


def _readings(job: Job, limits: Limits, wanted: Sequence[CheckName], points: list[str]) -> Iterator[Reading]:
    if "load" in wanted:
        yield read_load(limits.load)
    if "memory" in wanted:
        yield read_memory(limits.memory)
    if "swap" in wanted:
        yield read_swap(limits.swap)
    if "disks" in wanted:
        yield from read_disks(points, limits.disk)
    if "inodes" in wanted:
        yield from read_inodes(points, limits.inode)
    if "clock" in wanted:
        yield read_clock(limits.clock)
    if "services" in wanted:
        yield read_services(job)
