"""Changing a schema: backed up, rehearsed on the restored backup, carried out as it was there, taken back."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.git import printable
from workers.inspection.text import opened

from ..results import ENDING, PROOF
from .bases import Base, schema_digest
from .schema_difference import differences
from .schema_results import BackedUp, ChangedSchemas, DiscardedBackups, Done, PlannedChange, Schema, TakenBack, Target
from .statements import Statements, statements_for


def back_up(bases: Sequence[Base], migration: str, folder: str) -> BackedUp:
    """A backup of each, once there are statements for all of them."""
    for base in bases:
        statements_for(migration, base.engine)
    made = [base.back_up(folder) for base in bases]
    return BackedUp(backups=made, sha256=[_hash(Path(one)) for one in made])


def discard(backups: Sequence[str], sha256: Sequence[str]) -> DiscardedBackups:
    """The backups of a change that was taken back, with what lies beside them; what has changed since stays."""
    removed = []
    for path, known in zip(map(Path, backups), sha256, strict=True):
        if path.exists() and _hash(path) == known:
            for one in (path, path.with_name(path.name + ENDING), path.with_name(path.name + PROOF)):
                one.unlink(missing_ok=True)
            removed.append(str(path))
    return DiscardedBackups(removed=removed)


def plan(bases: Sequence[Base], migration: str, backups: Sequence[str]) -> PlannedChange:
    """What the statements do, as a rehearsal on each restored backup shows.

    Raises:
        ToolError: they fail there, or the schema has changed since the backup.
    """
    items: list[Item] = []
    notes, parts, targets = [], [], []
    for base, backup in zip(bases, backups, strict=True):
        told, before = statements_for(migration, base.engine), base.read()
        after, undone = _rehearsed(base, told, before, backup)
        found = _items(base.shown, before, after)
        items += found or [Item(kind="change", what=base.shown, detail="rows only: the schema stays as it is")]
        parts.append(f"-- {base.shown}\n" + "\n".join(told.up))
        how = (
            "by its own statements" if undone else f"from the backup `{printable(backup)}`, if nothing is written since"
        )
        notes.append(f"{base.shown}: undone {how}")
        targets.append(
            Target(
                database=base.shown,
                sql=told.sha256,
                before=schema_digest(before),
                after=schema_digest(after),
                undo="statements" if undone else "backup",
            )
        )
    order = ("destroy", "replace", "change", "create")
    items.sort(key=lambda one: order.index(one.kind))
    return PlannedChange(
        items=items,
        counts={"databases": len(targets), "changes": len(items)},
        diff="\n\n".join(parts),
        notes=notes,
        targets=targets,
        backups=list(backups),
        digest=named([one.model_dump() for one in targets]),
    )


def change(bases: Sequence[Base], migration: str, backups: Sequence[str], targets: Sequence[Target]) -> ChangedSchemas:
    """Carry them out, one database after the other; where one goes wrong, those before it are taken back.

    Raises:
        ToolError: something is other than in the preview, or went wrong; it says what stands how.
    """
    if [base.shown for base in bases] != [one.database for one in targets] or len(backups) != len(targets):
        raise ToolError("these are not the databases of the preview: nothing was done")
    told = [statements_for(migration, base.engine) for base in bases]
    for base, own, target in zip(bases, told, targets, strict=True):
        if own.sha256 != target.sql:
            raise ToolError("the statements have changed since the preview: nothing was done")
        if schema_digest(base.read()) != target.before:
            raise ToolError(f"the schema of {base.shown} has changed since the preview: nothing was done")
    done: list[Done] = []
    for at, (base, own) in enumerate(zip(bases, told, strict=True)):
        before = base.read()
        try:
            base.run(own.up)
            if schema_digest(base.read()) != targets[at].after:
                raise ToolError(f"{base.shown} is not as the rehearsal was")  # noqa: TRY301 - one way out of the loop
        except ToolError as error:
            raise ToolError(_stands(base, before, backups[at], error) + _back(bases, told, targets, done)) from None
        done.append(Done(database=base.shown, state=base.state(), backup=backups[at]))
    return ChangedSchemas(done=done, digest=named([one.model_dump() for one in targets]))


def unchange(bases: Sequence[Base], migration: str, targets: Sequence[Target], done: Sequence[Done]) -> TakenBack:
    """The schemas of before: by statements where the rehearsal proved them, else from the backup.

    Raises:
        ToolError: somebody has changed something since that this would lose.
    """
    for base, target, one in zip(bases, targets, done, strict=True):
        if target.undo == "statements" and schema_digest(base.read()) == target.after:
            continue
        if base.state() != one.state:
            raise ToolError(f"{base.shown} has changed since: it stays. Its backup of before is `{one.backup}`")
    told = []
    for base, target, one in zip(bases, targets, done, strict=True):
        own = statements_for(migration, base.engine)
        if target.undo == "statements" and own.sha256 == target.sql:
            base.run(own.down)
            how = "by its own statements"
        else:
            how = base.restore(one.backup)
        if schema_digest(base.read()) != target.before:
            raise ToolError(f"{base.shown} has not its schema of before; its backup is `{one.backup}`")
        told.append(f"{base.shown}: {how}")
    return TakenBack(done=told)


def _hash(path: Path) -> str:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rehearsed(base: Base, told: Statements, before: Schema, backup: str) -> tuple[Schema, bool]:
    """The schema after the statements, and whether those of the undo bring the schema of before back."""
    with base.rehearsal(backup) as scratch:
        if schema_digest(scratch.read()) != schema_digest(before):
            raise ToolError(f"the schema of {base.shown} has changed since its backup: run the task again")
        scratch.foreign(told.up + told.down)
        try:
            scratch.run(told.up)
        except ToolError as error:
            raise ToolError(f"the rehearsal on the restored backup failed: {error}. Nothing was changed") from None
        after = scratch.read()
        if told.down:
            with suppress(ToolError):
                scratch.run(told.down)
                return after, schema_digest(scratch.read()) == schema_digest(before)
    return after, False


def _items(database: str, before: Schema, after: Schema) -> list[Item]:
    found = []
    for one in differences(before, after):
        holds = one.what.startswith(("table ", "column "))
        kind = "change" if one.first and one.other else "create" if one.other else "destroy" if holds else "change"
        detail = f"{one.first} to {one.other}" if kind == "change" and one.other else one.other or f"was: {one.first}"
        found.append(Item(kind=kind, what=f"{database}: {one.what}", detail=detail))
    return found


def _stands(base: Base, before: Schema, backup: str, error: ToolError) -> str:
    """What one database is like that went wrong: MariaDB takes no change of a schema back by itself."""
    half = [one.what for one in differences(before, base.read())]
    if not half:
        return f"{error}. {base.shown} is as it was"
    return f"{error}. HALF DONE in {base.shown}: {', '.join(half[:10])}. Its backup of before is `{backup}`"


def _back(bases: Sequence[Base], told: Sequence[Statements], targets: Sequence[Target], done: Sequence[Done]) -> str:
    """Those that were changed before it, taken back."""
    said = ""
    for base, own, target, one in zip(bases, told, targets, done, strict=False):
        try:
            if target.undo == "statements":
                base.run(own.down)
            else:
                base.restore(one.backup)
            said += f". {one.database} was taken back"
        except ToolError as error:
            said += f". {one.database} IS CHANGED, and could not be taken back ({error}): its backup is `{one.backup}`"
    return said
