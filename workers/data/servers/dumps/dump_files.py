"""Dump files: the newest of a database, and whether one is still what its manifest says."""

import hashlib
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable
from workers.inspection.text import opened, read_bounded

from .address import Address
from .results import ENDING, Manifest

#: Bytes of a manifest.
_MANIFEST_MOST = 1 << 20


def newest(folder: str, address: Address) -> Path:
    """The newest dump of a database in a folder.

    Raises:
        ToolError: there is none; the error says of what there are.
    """
    found: list[tuple[str, Path]] = []
    others: set[str] = set()
    for paper in sorted(Path(folder).glob(f"*{ENDING}")):
        try:
            manifest = Manifest.model_validate_json(read_bounded(paper, _MANIFEST_MOST))
        except (OSError, ValueError, ValidationError):
            continue
        if manifest.engine == address.engine and manifest.source.rsplit("/", 1)[-1] == address.database:
            found.append((manifest.made_at, paper.with_name(paper.name.removesuffix(ENDING))))
        else:
            others.add(printable(manifest.source))
    if not found:
        told = ", ".join(sorted(others)) or "nothing"
        raise ToolError(f"`{printable(folder)}` has no backup of {address.shown}; it has backups of {told}")
    return max(found)[1]


def whole(dump: Path, job: Job) -> Manifest:
    """The manifest of a dump that is still what it was.

    Raises:
        ToolError: it is not, or has no manifest.
    """
    try:
        manifest = Manifest.model_validate_json(read_bounded(dump.with_name(dump.name + ENDING), _MANIFEST_MOST))
        found = digest(dump, job)
    except (OSError, ValueError, ValidationError):
        raise ToolError(f"`{printable(str(dump))}` or its manifest cannot be read: take another backup") from None
    if found != manifest.sha256:
        raise ToolError(
            f"`{printable(str(dump))}` is corrupted: its SHA-256 is not the one of its manifest. Take an older backup"
        )
    return manifest


def digest(path: Path, job: Job) -> str:
    """SHA-256 of a file, in hexadecimal."""
    total = hashlib.sha256()
    with opened(path) as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
            if job.out_of_time:
                raise ToolError(f"`{printable(path.name)}` cannot be read in {job.seconds:g} s: raise `max_seconds`")
    return total.hexdigest()
