"""Backing up: a consistent copy with its manifest, restored only into a new database, and the proof that it holds."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.findings import Coverage, Finding, ScanResult, conclude
from workers.inspection.git import printable
from workers.inspection.job import Job

from .engine import literal, opened
from .manifest import (
    Manifest,
    Tallied,
    Tally,
    beside,
    engine_of,
    read_manifest,
    readable,
    tally,
    tally_duckdb,
    tally_sqlite,
)
from .other_sheets import sqlite_file
from .places import appearing, digest, existing, fresh, shown


class BackedUp(BaseModel):
    """A backup as it lies on disk."""

    path: str = Field(description="Absolute path of the backup: a database of the same kind.")
    manifest: str = Field(description="Absolute path of its manifest.")
    sha256: str = Field(description="Hash of the backup; `discard` wants it.")
    bytes: int = Field(description="Its size.")
    rows: int = Field(description="Rows of all tables.")
    tables: list[Tally] = Field(description="Its tables.")


class Restored(BaseModel):
    """A database made from a backup."""

    path: str = Field(description="Absolute path of the new database.")
    backup: str = Field(description="Absolute path of the backup.")
    sha256: str = Field(description="Hash of the new database; `discard` wants it.")
    bytes: int = Field(description="Its size.")


class Compared(BaseModel):
    """One table in the manifest and in the database."""

    table: str = Field(description="Its name.")
    rows_backed_up: int | None = Field(description="Its rows by the manifest.")
    rows_found: int | None = Field(description="Its rows in the database.")
    same: bool = Field(description="Whether rows and checksum are the same.")


class Proof(ScanResult):
    """Whether a database is what its backup's manifest says."""

    tables: list[Compared] = Field(default_factory=list, description="Every table of either.")


def back_up(database: str, folder: str, job: Job) -> BackedUp:
    """Copy a database consistently into a folder, with a manifest beside the copy.

    Raises:
        ToolError: it cannot be read, or the copy cannot be written.
    """
    source = existing(database, "the database")
    engine = engine_of(source)
    now = datetime.now(UTC)
    final = fresh(str(Path(folder) / f"{source.stem}-{now:%Y%m%d-%H%M%S-%f}{source.suffix}"), "the backup")
    with appearing(final) as part:
        copy = _copy_sqlite if engine == "sqlite" else _copy_duckdb
        tables, views = copy(source, part, job)
        part.chmod(0o600)
        if tally(part, engine, job) != (tables, views):
            raise ToolError(f"the copy of {shown(source)} is not what it is a copy of: no backup was made")
        manifest = Manifest(
            engine=engine,
            source=str(source),
            made_at=now.isoformat(timespec="seconds"),
            bytes=part.stat().st_size,
            sha256=digest(part, job),
            tables=tables,
            views=views,
        )
        with appearing(beside(final)) as paper:
            paper.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
            paper.chmod(0o600)
    return BackedUp(
        path=str(final),
        manifest=str(beside(final)),
        sha256=manifest.sha256,
        bytes=manifest.bytes,
        rows=manifest.rows,
        tables=tables,
    )


def restore(backup: str, database: str | None, job: Job) -> Restored:
    """Make a new database from a backup whose hash is what its manifest says.

    Raises:
        ToolError: the backup is corrupted, or something is there already.
    """
    source = existing(backup, "the backup")
    if fault := _corrupted(source, read_manifest(source), job):
        raise ToolError(f"{fault}: it was not restored. Take an older backup")
    target = fresh(database or str(source.with_name(f"{source.stem}-restored{source.suffix}")), "the database")
    with appearing(target) as part:
        shutil.copyfile(source, part, follow_symlinks=False)
        part.chmod(0o600)
        found = digest(part, job)
    return Restored(path=str(target), backup=str(source), sha256=found, bytes=target.stat().st_size)


def verify_backup(backup: str, job: Job) -> Proof:
    """Whether a backup is still what its manifest says.

    Raises:
        ToolError: it, or its manifest, is not there.
    """
    source = existing(backup, "the backup")
    manifest = read_manifest(source)
    if fault := _corrupted(source, manifest, job):
        return _proof("backup", source, [], [_finding(source, "corrupted", fault)], manifest)
    return _compare("backup", source, manifest, job)


def verify_restore(backup: str, database: str, job: Job) -> Proof:
    """Whether a restored database holds, table by table, what its backup's manifest says.

    Raises:
        ToolError: one of them, or the manifest, is not there.
    """
    manifest = read_manifest(existing(backup, "the backup"))
    return _compare("restore", existing(database, "the database"), manifest, job)


def _compare(what: str, file: Path, manifest: Manifest, job: Job) -> Proof:
    try:
        tables, views = tally(file, engine_of(file), job)
    except ToolError as error:
        return _proof(what, file, [], [_finding(file, "unreadable", str(error))], manifest)
    wanted = {table.table: table for table in manifest.tables}
    found = {table.table: table for table in tables}
    compared = [
        Compared(
            table=printable(name, 80),
            rows_backed_up=wanted[name].rows if name in wanted else None,
            rows_found=found[name].rows if name in found else None,
            same=wanted.get(name) == found.get(name),
        )
        for name in sorted({*wanted, *found})
    ]
    findings = [_finding(file, "different", _difference(table)) for table in compared if not table.same]
    findings += [
        _finding(file, "different", f"view `{printable(v, 80)}` is missing") for v in manifest.views if v not in views
    ]
    return _proof(what, file, compared, findings, manifest)


def _proof(what: str, file: Path, compared: list[Compared], findings: list[Finding], manifest: Manifest) -> Proof:
    covered = Coverage(files=1, lines=sum(table.rows_found or 0 for table in compared))
    base = conclude(f"{what} against its manifest", printable(str(file)), findings, covered, looked=True)
    same = sum(table.same for table in compared)
    if not findings:
        base.summary = f"proved: {same} tables with {manifest.rows:,} rows are what was backed up, row for row"
    elif compared:
        base.summary = f"{same} of {len(compared)} tables are what was backed up"
    else:
        base.summary = "it is not what was backed up"
    return Proof(**base.model_dump(), tables=compared)


def _difference(table: Compared) -> str:
    if table.rows_found is None:
        return f"table {table.table} is missing; {table.rows_backed_up:,} rows were backed up"
    if table.rows_backed_up is None:
        return f"table {table.table} was not in the backup"
    if table.rows_found == table.rows_backed_up:
        return f"table {table.table} has as many rows, but not the same ones"
    return f"table {table.table} has {table.rows_found:,} rows; {table.rows_backed_up:,} were backed up"


def _finding(file: Path, rule: str, detail: str) -> Finding:
    title = "Backup corrupted" if rule == "corrupted" else "Not what was backed up"
    return Finding(rule=rule, title=title, severity="critical", file=printable(file.name), detail=printable(detail))


def _corrupted(backup: Path, manifest: Manifest, job: Job) -> str:
    size = backup.stat().st_size
    if size != manifest.bytes:
        return f"{shown(backup)} is corrupted: {size:,} bytes, and its manifest says {manifest.bytes:,}"
    if digest(backup, job) != manifest.sha256:
        return f"{shown(backup)} is corrupted: its SHA-256 is not the one of its manifest"
    return ""


def _copy_duckdb(source: Path, part: Path, job: Job) -> Tallied:
    """Copy; what the source held meanwhile. While it is open here, nobody can write to it."""
    with opened(source, job, reach=[part]) as store:
        tallied = tally_duckdb(store)
        store.rows(f"ATTACH {literal(str(part))} AS copy")
        store.rows("COPY FROM DATABASE db TO copy")
        store.rows("DETACH copy")
        return tallied


def _copy_sqlite(source: Path, part: Path, job: Job) -> Tallied:
    """Copy; what the source held in the same transaction."""
    with readable(source), closing(sqlite_file(source, job)) as origin, closing(sqlite3.connect(part)) as copy:
        origin.execute("BEGIN")
        tallied = tally_sqlite(origin)
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        return tallied
