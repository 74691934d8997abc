"""Restoring: a backup chosen and previewed, put in the place of a database with a copy of that first, and back."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, Tally, named
from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from ..places import appearing, digest, existing, shown
from .backing import restore, verify_backup, verify_restore
from .backup_results import Proof, RestorePlan, Row, Swapped
from .kept import Kept, newest, note_proof
from .manifest import Manifest, beside, engine_of, read_manifest, tally

#: Files beside a database in which its engine keeps what is not yet in it.
_UNWRITTEN = ("-wal", "-journal", ".wal")


def plan_restore(
    database: str, folder: str, backup: str | None, into: str | None, job: Job, as_of: str | None = None
) -> RestorePlan:
    """Which backup would become which new database; the newest, or the newest that was made by `as_of`.

    Raises:
        ToolError: there is no backup, it is corrupted, or something is in the way.
    """
    chosen = _chosen(folder, database, backup, as_of)
    source = existing(chosen, "the backup")
    manifest = read_manifest(source)
    if manifest.engine not in ("sqlite", "duckdb"):
        raise ToolError(f"{shown(source)} is of {manifest.engine}: restore it with the server's own tools")
    if (proof := verify_backup(chosen, job)).status != "pass":
        raise ToolError(f"{proof.findings[0].detail}: it would not be restored. Take an older backup")
    old = Path(database)
    target = Path(into) if into else old if not os.path.lexists(old) else _sibling(old)
    if os.path.lexists(target):
        raise ToolError(f"{shown(target)} is already there: nothing is overwritten; give another name with `into`")
    rows = _rows(manifest, old, job)
    detail = f"{len(manifest.tables)} tables, {manifest.rows:,} rows, as of {manifest.made_at}"
    return RestorePlan(
        items=[Item(kind="create", what=str(target), detail=detail)],
        counts={"tables": len(manifest.tables), "rows": manifest.rows},
        table=rows,
        digest=named(manifest.sha256, str(target)),
        backup=str(source),
        target=str(target),
        made_at=manifest.made_at,
        sha256="",
    )


def plan_swap(database: str, restored: str, folder: str, job: Job) -> RestorePlan:
    """What putting a restored database in the place of another would do.

    Raises:
        ToolError: one of them is not there, or the old one is open in another program.
    """
    old, new = _still(database), existing(restored, "the restored database")
    if old.samefile(new):
        raise ToolError(f"{shown(old)} is the restored database itself")
    was, becomes = digest(old, job), digest(new, job)
    found = _counted(new, job)
    return RestorePlan(
        items=[
            Item(
                kind="create",
                what=f"{folder}: a copy of {old.name} as it is now",
                detail=f"{old.stat().st_size:,} bytes",
            ),
            Item(kind="replace", what=str(old), detail=f"by {new.name}, {found.rows:,} rows"),
        ],
        counts={"tables": len(found.tables), "rows": found.rows},
        table=_rows(found, old, job),
        digest=named(was, becomes, str(old)),
        backup=str(new),
        target=str(old),
        made_at="",
        sha256=was,
    )


def swap(database: str, restored: str, folder: str, sha256: str, job: Job) -> Swapped:
    """Copy a database into a folder, then put a restored one in its place, at once or not at all.

    Raises:
        ToolError: the database is not what was previewed, is open elsewhere, or cannot be written.
    """
    old, new = _still(database), existing(restored, "the restored database")
    if digest(old, job) != sha256:
        raise ToolError(f"{shown(old)} has changed since it was previewed: nothing was replaced")
    saved = _saved(old, folder, sha256, job)
    after = _put(new, old, job)
    return Swapped(path=str(old), saved=str(saved), before=sha256, after=after)


def swap_back(database: str, saved: str, after: str, job: Job) -> Swapped:
    """Put what was there before in its place again.

    Raises:
        ToolError: the database has changed since, or the copy is no longer whole.
    """
    now, copy = _still(database), existing(saved, "the copy")
    manifest = read_manifest(copy)
    if digest(now, job) != after:
        raise ToolError(
            f"{shown(now)} has changed since it was restored: it was not put back. The copy is {shown(copy)}"
        )
    if digest(copy, job) != manifest.sha256:
        raise ToolError(f"{shown(copy)} is not what it was: nothing was put back")
    found = _put(copy, now, job)
    for one in (copy, beside(copy)):
        one.unlink()
    return Swapped(path=str(now), saved="", before=after, after=found)


def prove(database: str, folder: str, backup: str | None, job: Job) -> Proof:
    """Restore a backup into scratch, compare it table by table, and note the proof beside the backup.

    Raises:
        ToolError: there is none, or no room for the scratch.
    """
    source = existing(_chosen(folder, database, backup), "the backup")
    proof = verify_backup(str(source), job)
    if proof.status == "pass":
        with tempfile.TemporaryDirectory(prefix="aether-proof-") as scratch:
            copy = restore(str(source), str(Path(scratch) / source.name), job)
            proof = verify_restore(str(source), copy.path, job)
    note_proof(source, read_manifest(source), proof.status)
    return proof.model_copy(update={"backup": str(source)})


def _chosen(folder: str, database: str, backup: str | None, as_of: str | None = None) -> str:
    chosen: Kept | None = None if backup else newest(folder, database, as_of)
    return backup or (chosen.path if chosen else "")


def _sibling(old: Path) -> Path:
    return old.with_name(f"{old.stem}-restored{old.suffix}")


def _still(database: str) -> Path:
    """A database that no other program is writing to."""
    file = existing(database, "the database")
    for ending in _UNWRITTEN:
        ahead = file.with_name(file.name + ending)
        if ahead.exists() and ahead.stat().st_size:
            raise ToolError(
                f"{shown(file)} is open in another program ({printable(ahead.name)} is there): end that first"
            )
    return file


def _counted(file: Path, job: Job) -> Manifest:
    engine = engine_of(file)
    tables, views = tally(file, engine, job)
    size = file.stat().st_size
    return Manifest(engine=engine, source=str(file), made_at="", bytes=size, sha256="", tables=tables, views=views)


def _rows(manifest: Manifest, old: Path, job: Job) -> list[Row]:
    """Every table, in the backup and in what is there now; of a database that cannot be read, nothing."""
    now: list[Tally] = []
    if old.is_file() and not old.is_symlink():
        try:
            now = _counted(old, job).tables
        except ToolError:
            now = []
    here, there = {one.table: one.rows for one in now}, {one.table: one.rows for one in manifest.tables}
    return [Row(table=name, in_backup=there.get(name), now=here.get(name)) for name in dict.fromkeys((*there, *here))]


def _saved(old: Path, folder: str, sha256: str, job: Job) -> Path:
    """A copy of a database, byte for byte, with a manifest: a backup as any other."""
    now = datetime.now(UTC)
    place = Path(folder) / f"{old.stem}-before-restore-{now:%Y%m%d-%H%M%S-%f}{old.suffix}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ToolError(f"{shown(folder)} cannot be made: {error.strerror}: nothing was replaced") from None
    with appearing(place) as part:
        shutil.copyfile(old, part, follow_symlinks=False)
        part.chmod(0o600)
        if digest(part, job) != sha256:
            raise ToolError(f"{shown(old)} changed while it was copied: nothing was replaced")
        found = _counted(part, job)
        made = now.isoformat(timespec="seconds")
        manifest = found.model_copy(update={"source": str(old), "made_at": made, "sha256": sha256})
        with appearing(beside(place)) as paper:
            paper.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
            paper.chmod(0o600)
    return place


def _put(new: Path, old: Path, job: Job) -> str:
    """Put a copy of one file in the place of another, with that one's rights; the hash of what is there then."""
    part = old.with_name(f".{old.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        shutil.copyfile(new, part, follow_symlinks=False)
        shutil.copymode(old, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        found = digest(part, job)
        if found != digest(new, job):
            raise ToolError(f"{shown(new)} changed while it was copied: nothing was replaced")
        part.replace(old)
    except OSError as error:
        raise ToolError(f"{shown(old)} was not replaced: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return found
