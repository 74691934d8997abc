"""Exporting a table to a new file, and taking back a file that a call of this server made."""

from pathlib import Path
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job

from ..checks.checking import chosen
from ..engine import literal, opened
from ..places import appearing, digest, existing, fresh, shown
from .kept import PROOF
from .manifest import beside, read_manifest

Format = Literal["csv", "parquet", "jsonl"]

_OPTIONS: dict[Format, str] = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet", "jsonl": "FORMAT json"}


class Exported(BaseModel):
    """A table as a file."""

    path: str = Field(description="Absolute path of the file.")
    sha256: str = Field(description="Its hash; `discard` wants it.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows in it.")


class Discarded(BaseModel):
    """A file that was removed."""

    path: str = Field(description="Absolute path of the file.")
    removed: list[str] = Field(description="What was removed: the file, and a backup's manifest with it.")


def export(database: str, table: str, path: str, kind: Format, job: Job) -> Exported:
    """Write a table to a new file.

    Raises:
        ToolError: there is no such table, something is there already, or it cannot be written.
    """
    file = existing(database, "the database")
    target = fresh(path, "the file")
    with appearing(target) as part:
        with opened(file, job, allowed=[part]) as store:
            (wanted,) = chosen(store, [table])
            rows = store.row(f"SELECT count(*) FROM {wanted.sql}")[0]  # noqa: S608 - quoted
            store.rows(f"COPY (SELECT * FROM {wanted.sql}) TO {literal(str(part))} ({_OPTIONS[kind]})")  # noqa: S608
        part.chmod(0o600)
        found, size = digest(part, job), part.stat().st_size
    return Exported(path=str(target), sha256=found, bytes=size, rows=rows)


def discard(path: str, sha256: str, job: Job) -> Discarded:
    """Remove a file that `export` or `backup` made, if it is still what it was.

    Raises:
        ToolError: it is not there, or has changed since.
    """
    file = existing(path, "the file")
    if digest(file, job) != sha256.lower():
        raise ToolError(f"{shown(file)} has changed since it was made: it was not removed")
    gone: list[Path] = [file]
    if beside(file).is_file() and not beside(file).is_symlink() and read_manifest(file).sha256 == sha256.lower():
        gone.append(beside(file))
    if gone[1:] and (proof := file.with_name(file.name + PROOF)).is_file():
        gone.append(proof)
    for one in gone:
        one.unlink()
    return Discarded(path=str(file), removed=[str(one) for one in gone])
