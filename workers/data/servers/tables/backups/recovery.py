"""Recovery: the tools that restore, put in place, prove, report on and clean up backups."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from workers.inspection.bounded_job import run
from workers.inspection.hints import MAKES, READS

from ..face import TAKES_BACK, AnyDatabase, BackupPath, Seconds, server
from .backup_results import Proof, RestorePlan, Swapped, Unproved
from .kept import Overview
from .kept import overview as look_over
from .kept import unprove as remove_note
from .restoring import plan_restore as previewed
from .restoring import plan_swap as previewed_swap
from .restoring import prove as prove_by_restore
from .restoring import swap as put_in_place
from .restoring import swap_back as put_back
from .retention import Retention
from .retention import plan_retention as what_goes

BackupFolder = Annotated[str, Field(description="Absolute path of the folder of the backups.")]
ChosenBackup = Annotated[str | None, Field(description="Absolute path of a backup; the newest without it.")]
AsOf = Annotated[
    str | None, Field(description="Moment (2026-11-30T18:00:00Z): the newest backup that was made by then is taken.")
]
RestoredPath = Annotated[str, Field(description="Absolute path of the restored database.")]


@server.tool(title="Preview a restore", annotations=READS)
async def plan_restore(
    ctx: Context,
    database: AnyDatabase,
    folder: BackupFolder,
    backup: ChosenBackup = None,
    into: Annotated[str | None, Field(description="Absolute path of the new database.")] = None,
    as_of: AsOf = None,
    max_seconds: Seconds = 600,
) -> RestorePlan:
    """Say which backup would become which new database, with the rows of each table then and now."""
    return await run(ctx, max_seconds, lambda job: previewed(database, folder, backup, into, job, as_of))


@server.tool(title="Preview putting a restored database in place", annotations=READS)
async def plan_swap(
    ctx: Context, database: AnyDatabase, restored: RestoredPath, folder: BackupFolder, max_seconds: Seconds = 600
) -> RestorePlan:
    """Say what replacing a database by a restored one would do."""
    return await run(ctx, max_seconds, lambda job: previewed_swap(database, restored, folder, job))


@server.tool(title="Put a restored database in place", annotations=TAKES_BACK)
async def swap(
    ctx: Context,
    database: AnyDatabase,
    restored: RestoredPath,
    folder: BackupFolder,
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Hash of what is there, as previewed.")],
    max_seconds: Seconds = 600,
) -> Swapped:
    """Copy a database first, then put a restored one in its place, at once or not at all."""
    return await run(ctx, max_seconds, lambda job: put_in_place(database, restored, folder, sha256, job))


@server.tool(title="Put the former database back", annotations=TAKES_BACK)
async def swap_back(
    ctx: Context,
    database: AnyDatabase,
    saved: Annotated[str, Field(description="The copy that `swap` made.")],
    after: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Hash of the restored one.")],
    max_seconds: Seconds = 600,
) -> Swapped:
    """Put what `swap` replaced in its place again; refused if it has changed since."""
    return await run(ctx, max_seconds, lambda job: put_back(database, saved, after, job))


@server.tool(title="Prove a backup", annotations=MAKES)
async def prove(
    ctx: Context, database: AnyDatabase, folder: BackupFolder, backup: ChosenBackup = None, max_seconds: Seconds = 600
) -> Proof:
    """Restore a backup into scratch, compare it table by table, and note the proof beside it."""
    return await run(ctx, max_seconds, lambda job: prove_by_restore(database, folder, backup, job))


@server.tool(title="Remove the note of a proof", annotations=TAKES_BACK)
async def unprove(ctx: Context, backup: BackupPath, max_seconds: Seconds = 60) -> Unproved:
    """Remove what `prove` noted beside a backup; the backup stays."""
    return await run(ctx, max_seconds, lambda _job: remove_note(backup))


@server.tool(title="Report on backups", annotations=READS)
async def overview(
    ctx: Context,
    folder: BackupFolder,
    max_age_days: Annotated[float, Field(gt=0, description="Days that the newest of a source may be old.")] = 1.5,
    database: Annotated[
        str | None, Field(description="Absolute path of a database: only its backups; of all without it.")
    ] = None,
    max_seconds: Seconds = 600,
) -> Overview:
    """Age, size and proof of every backup of a folder; what is too old, unproved or corrupted is a finding."""
    return await run(ctx, max_seconds, lambda job: look_over(folder, max_age_days, job, database))


@server.tool(title="Preview which backups are no longer kept", annotations=READS)
async def plan_retention(
    ctx: Context,
    folder: BackupFolder,
    keep_last: Annotated[int, Field(ge=1, le=1_000, description="Newest of each source that are kept.")] = 7,
    keep_days: Annotated[float, Field(ge=0, description="Days for which every backup is kept.")] = 30,
    max_seconds: Seconds = 60,
) -> Retention:
    """Say which backups of a folder would be discarded: each with its age, size and source."""
    return await run(ctx, max_seconds, lambda _job: what_goes(folder, keep_last, keep_days))
