"""What a scanner says of the files it was given."""

from dataclasses import dataclass, field
from subprocess import CompletedProcess

from workers.inspection.findings import Finding
from workers.inspection.git import printable


class Unusable(Exception):
    """A scanner did not give a result; the text says why."""


@dataclass
class Said:
    """The result of one scanner."""

    findings: list[Finding] = field(default_factory=list)
    checks: int = 0  #: checks really made
    allowlisted: int = 0  #: findings that a comment in the file takes back
    unread: list[str] = field(default_factory=list)  #: files it could not parse


def why(done: "CompletedProcess[bytes]") -> Unusable:
    """Why a program gave no result, from the last line of what it said."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return Unusable(printable(lines[-1], 160) if lines else f"exit code {done.returncode}")
