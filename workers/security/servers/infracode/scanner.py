"""What a scanner says of the files it was given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Finding
from workers.inspection.git import printable

#: Runs a scanner over some files of a folder of copies.
Scanner = Callable[[Job, str, Path, Sequence[str], Sequence[str]], "Said"]


class Unusable(Exception):
    """A scanner did not give a result; the text says why."""


@dataclass
class Said:
    """The result of one run of one scanner; files are copies."""

    findings: list[Finding] = field(default_factory=list)
    suppressed: list[Finding] = field(default_factory=list)  #: what it did not look for, as a file says
    checks: int = 0  #: checks really made
    looked: set[str] = field(default_factory=set)  #: files it made a check of
    unread: set[str] = field(default_factory=set)  #: files it could not parse


def why(done: "CompletedProcess[bytes]") -> Unusable:
    """Why a program gave no result, from the last line of what it said."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Unusable(printable(lines[-1], 160) if lines else f"exit code {done.returncode}")


def same(finding: Finding) -> tuple[str, str, int | None, str]:
    """What tells a finding from another one, in two runs of one scanner."""
    return finding.rule, finding.file, finding.line, finding.detail
