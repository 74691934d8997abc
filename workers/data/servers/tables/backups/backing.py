"""Backing up: a consistent copy with its manifest, restored only into a new database, and the proof that it holds."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Compared
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from ..engine import opened
from ..places import appearing, digest, existing, fresh, shown
from ..sheets.other_sheets import sqlite_file
from .backup_results import BackedUp, Proof, Restored, Unrestored
from .manifest import (
    Manifest,
    Tallied,
    beside,
    engine_of,
    read_manifest,
    readable,
    tally,
    tally_duckdb,
    tally_sqlite,
)


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


def unrestore(backup: str, database: str, job: Job) -> Unrestored:
    """Remove a restored database that is still, byte for byte, its backup: nothing is lost with it.

    Raises:
        ToolError: it has changed since, or the backup is no longer whole.
    """
    source, file = existing(backup, "the backup"), existing(database, "the database")
    manifest = read_manifest(source)
    if source.samefile(file):
        raise ToolError(f"{shown(file)} is the backup itself: it was not removed")
    if fault := _corrupted(source, manifest, job):
        raise ToolError(f"{fault}: {shown(file)} may be the better copy and was not removed")
    if digest(file, job) != manifest.sha256:
        raise ToolError(f"{shown(file)} has changed since it was restored: it was not removed")
    file.unlink()
    return Unrestored(path=str(file), backup=str(source))


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
    """Copy; what the source held meanwhile. While it is open here, nobody can write to it.

    Byte for byte, with what is not yet in the file itself: the engine's own copy fills tables in an order that their
    foreign keys refuse.
    """
    with opened(source, job) as store:
        tallied = tally_duckdb(store)
        ahead = source.with_name(source.name + ".wal")
        if ahead.exists():
            shutil.copyfile(ahead, part.with_name(part.name + ".wal"), follow_symlinks=False)
        shutil.copyfile(source, part, follow_symlinks=False)  # closing it gives our lock up: so it comes last
    with opened(part, job, write=True):
        return tallied


def _copy_sqlite(source: Path, part: Path, job: Job) -> Tallied:
    """Copy; what the source held in the same transaction."""
    with readable(source), closing(sqlite_file(source, job)) as origin, closing(sqlite3.connect(part)) as copy:
        origin.execute("BEGIN")
        tallied = tally_sqlite(origin)
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        return tallied
