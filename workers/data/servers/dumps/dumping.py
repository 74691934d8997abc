"""Dumping, restoring, comparing and proving: what the tools of `dumps` do."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Compared, Item, Tally, named
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from .address import Address, address_of, checked, password_of
from .clients import Clients
from .dump_files import digest, newest, whole
from .engines import ENGINES
from .results import ENDING, PROOF, Dumped, Manifest, Planned, Proof, Restored, Row, Unrestored

#: Times that a database is counted anew that was written to while it was dumped.
TRIES = 3


class Place:
    """One database server for one call."""

    def __init__(self, address: Address, clients: Clients) -> None:
        self.address, self.clients, self.engine = address, clients, ENGINES[address.engine]

    def tally(self, name: str) -> list[Tally]:
        """Rows and checksum of every table of a database."""
        return self.engine.tally(self.clients, name)

    def exists(self, name: str) -> bool:
        """Whether there is such a database."""
        return self.engine.exists(self.clients, name)

    def made(self, name: str, dump: Path) -> list[Tally]:
        """A new database with all of a dump, counted; if anything fails, it is gone again."""
        self.engine.create(self.clients, name)
        try:
            self.engine.fill(self.clients, name, dump)
            return self.tally(name)
        except ToolError:
            self.engine.drop(self.clients, name)
            raise


@contextmanager
def place_at(address: str, password_file: str | None, job: Job) -> Iterator[Place]:
    """The database server at an address; the folder of its clients' own password files goes with it."""
    known = address_of(address)
    with password_of(password_file) as (password, folder):
        yield Place(known, Clients(known, password, folder, job))


def back_up(place: Place, folder: str, job: Job) -> Dumped:
    """Dump a database with a manifest: rows and checksum of every table, and the dump's hash."""
    name, now = place.address.database, datetime.now(UTC)
    target = Path(folder) / f"{name}-{now:%Y%m%d-%H%M%S-%f}{place.engine.ending}"
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.touch(mode=0o600, exist_ok=False)
        for _ in range(TRIES):
            before = place.tally(name)
            place.engine.dump(place.clients, name, part)
            if (tables := place.tally(name)) == before:
                break
        else:
            scratch = f"aether_proof_{os.urandom(4).hex()}"
            tables = place.made(scratch, part)  # it is written to all the time: what the dump holds is counted
            place.engine.drop(place.clients, scratch)
        size, found = part.stat().st_size, digest(part, job)
        made = now.isoformat(timespec="seconds")
        source, engine = place.address.shown, place.address.engine
        manifest = Manifest(engine=engine, source=source, made_at=made, bytes=size, sha256=found, tables=tables)
        paper = target.with_name(target.name + ENDING)
        paper.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        paper.chmod(0o600)
        part.replace(target)
    except OSError as error:
        raise ToolError(f"the dump cannot be written: {error.strerror}: no backup was made") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
            if not target.exists():
                target.with_name(target.name + ENDING).unlink(missing_ok=True)
    rows = sum(one.rows for one in tables)
    return Dumped(path=str(target), manifest=str(paper), sha256=found, bytes=size, rows=rows, tables=tables)


def plan_restore(place: Place, folder: str, backup: str | None, over: bool, job: Job) -> Planned:
    """Which dump would become which database, and what is kept of what is there."""
    dump = Path(backup) if backup else newest(folder, place.address)
    manifest = whole(dump, job)
    name = place.address.database
    there = place.exists(name)
    now = place.tally(name) if there else []
    target = name if over or not there else f"{name}_restored"
    if target != name and place.exists(target):
        raise ToolError(f"the database `{target}` is there already: drop it or rename it first")
    kept = f"{name}_before_{manifest.sha256[:8]}" if over and there else ""
    if kept and place.exists(kept):
        raise ToolError(f"the database `{kept}` of an earlier restore is there already: drop it or rename it first")
    rows = sum(one.rows for one in manifest.tables)
    told = f"{len(manifest.tables)} tables, {rows:,} rows, as of {manifest.made_at}"
    items = [Item(kind="replace" if kept else "create", what=f"database {target}", detail=told)]
    if kept:
        items.append(Item(kind="create", what=f"database {kept}", detail="what is there now is kept under this name"))
    here, old = {one.table: one.rows for one in now}, {one.table: one.rows for one in manifest.tables}
    return Planned(
        items=items,
        counts={"tables": len(manifest.tables), "rows": rows},
        table=[Row(table=name, in_backup=old.get(name), now=here.get(name)) for name in dict.fromkeys((*old, *here))],
        digest=named(manifest.sha256, target, kept, [one.model_dump() for one in now]),
        backup=str(dump),
        target=target,
        kept=kept,
    )


def restore(place: Place, backup: str, target: str, kept: str, job: Job) -> Restored:
    """Fill a new database from a dump; then, if something is to be kept, put it in that one's place."""
    dump, name = Path(backup), checked(target)
    manifest = whole(dump, job)
    if not kept and place.exists(name):
        raise ToolError(f"the database `{name}` is there already: nothing is restored over without a copy of it")
    fresh = f"aether_new_{os.urandom(4).hex()}" if kept else name
    tables = place.made(fresh, dump)
    if tables != manifest.tables:
        place.engine.drop(place.clients, fresh)
        raise ToolError(f"what was restored is not what the manifest of `{printable(dump.name)}` says: it was dropped")
    if kept:
        try:
            place.engine.swap(place.clients, name, fresh, checked(kept))
        except ToolError:
            place.engine.drop(place.clients, fresh)
            raise
    rows = sum(one.rows for one in tables)
    shown = place.address.named(name).shown
    return Restored(address=shown, database=name, kept=kept, backup=str(dump), rows=rows)


def unrestore(place: Place, backup: str, database: str, kept: str, job: Job) -> Unrestored:
    """Drop what was restored, if nothing has changed in it since, and give what was there its name again."""
    name, manifest = checked(database), whole(Path(backup), job)
    if place.exists(name) and place.tally(name) != manifest.tables:
        raise ToolError(
            f"`{name}` has changed since it was restored: it stays. What was there before is `{kept or 'nothing'}`"
        )
    if not kept:
        place.engine.drop(place.clients, name)
        return Unrestored(database=name, back="")
    undone = f"aether_undone_{os.urandom(4).hex()}"
    place.engine.swap(place.clients, name, checked(kept), undone)
    place.engine.drop(place.clients, undone)
    return Unrestored(database=name, back=name)


def verify(place: Place, backup: str, database: str, job: Job) -> Proof:
    """Compare a database, table by table, with the manifest of a dump."""
    return _compared(Path(backup), whole(Path(backup), job), place.tally(checked(database)))


def prove(place: Place, folder: str, backup: str | None, job: Job) -> Proof:
    """Restore a dump into a scratch database, compare, drop it, and note the proof beside the dump."""
    dump = Path(backup) if backup else newest(folder, place.address)
    manifest, scratch = whole(dump, job), f"aether_proof_{os.urandom(4).hex()}"
    found = place.made(scratch, dump)
    place.engine.drop(place.clients, scratch)
    proof = _compared(dump, manifest, found)
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "status": proof.status, "sha256": manifest.sha256}
    note = dump.with_name(dump.name + PROOF)
    note.write_text(json.dumps({**told, "rows": sum(one.rows for one in manifest.tables)}), encoding="utf-8")
    note.chmod(0o600)
    return proof


def _compared(dump: Path, manifest: Manifest, found: list[Tally]) -> Proof:
    then, now = {one.table: one for one in manifest.tables}, {one.table: one for one in found}
    compared = [
        Compared(
            table=name,
            rows_backed_up=then[name].rows if name in then else None,
            rows_found=now[name].rows if name in now else None,
            same=then.get(name) == now.get(name),
        )
        for name in dict.fromkeys((*then, *now))
    ]
    findings = [
        Finding(
            rule="differs", title="Not what was backed up", severity="critical", file=printable(one.table),
            detail=f"{one.rows_found} rows; {one.rows_backed_up} were backed up" if one.rows_found != one.rows_backed_up
            else "as many rows, but not the same ones",
        )
        for one in compared if not one.same
    ]  # fmt: skip
    covered = Coverage(files=1, lines=sum(one.rows for one in found))
    base = conclude("database against its backup", printable(dump.name), findings, covered, looked=True)
    same = sum(one.same for one in compared)
    base.summary = f"{same} of {len(compared)} tables are what was backed up, row for row"
    return Proof(**base.model_dump(), tables=compared, backup=str(dump))
