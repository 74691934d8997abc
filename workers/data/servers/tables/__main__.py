"""The MCP server `tables`: data files into DuckDB, looked at, checked, exported, backed up and restored."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from .backups import recovery  # noqa: F401 - its tools are the server's too
from .backups.backing import back_up
from .backups.backing import restore as restore_backup
from .backups.backing import unrestore as take_back_restore
from .backups.backing import verify_backup as prove_backup
from .backups.backing import verify_restore as prove_restore
from .backups.backup_results import BackedUp, Proof, Restored, Unrestored
from .backups.exporting import Discarded, Exported, Format
from .backups.exporting import discard as discard_file
from .backups.exporting import export as export_table
from .checks.checking import Checked
from .checks.checking import check as check_rules
from .checks.profiling import Profile
from .checks.profiling import profile as profile_tables
from .checks.rules import Rule
from .face import REMOVES, TAKES_BACK, AnyDatabase, BackupPath, DatabasePath, Names, Seconds, server
from .loads.ledger import Unloaded
from .loads.ledger import unload as unload_tables
from .loads.loading import Load, Loaded
from .loads.survey import Survey
from .loads.survey import survey as survey_folder
from .sheets.layout import Header
from .sheets.sources import Loadable


@server.tool(title="Survey the data files of a folder", annotations=READS)
async def survey(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder.")],
    max_files: Annotated[int, Field(ge=1, le=1_000, description="Files looked at, at most.")] = 50,
    max_seconds: Seconds = 20,
) -> Survey:
    """Say which CSV, Excel, JSON, Parquet, SQLite and DuckDB files a folder holds, with rows, columns and faults."""
    return await run(ctx, max_seconds, lambda job: survey_folder(path, max_files, job))


@server.tool(title="Load data files into a database", annotations=MAKES)
async def load(
    ctx: Context,
    database: Annotated[str, Field(description="Absolute path of the DuckDB file; made if it is not there.")],
    sources: Annotated[
        list[str], Field(min_length=1, max_length=200, description="Absolute paths of files and folders.")
    ],
    kind: Annotated[
        Loadable | Literal["all"], Field(description="Kind of the files that are taken from folders.")
    ] = "all",
    header: Annotated[Header, Field(description="Whether the first record of a CSV file names its columns.")] = "auto",
    max_seconds: Seconds = 240,
) -> Loaded:
    """Load CSV, Excel, JSON, Parquet and SQLite files into new tables. Records that fit none are kept and counted."""

    def work(job: Job) -> Loaded:
        return Load(job, sources, header, kind).run(database)

    return await run(ctx, max_seconds, work)


@server.tool(title="Take a load back", annotations=TAKES_BACK)
async def unload(
    ctx: Context,
    database: DatabasePath,
    load: Annotated[str, Field(max_length=40, description="The load, as `load` named it.")],
    max_seconds: Seconds = 240,
) -> Unloaded:
    """Drop the tables that a load made, if none has changed since. All of them or none."""
    return await run(ctx, max_seconds, lambda job: unload_tables(database, load, job))


@server.tool(title="Profile tables", annotations=READS)
async def profile(ctx: Context, database: DatabasePath, tables: Names = None, max_seconds: Seconds = 240) -> Profile:
    """Say what tables hold: types, rows, missing values, duplicates, ranges, keys. No text is shown."""
    return await run(ctx, max_seconds, lambda job: profile_tables(database, tables or [], job))


@server.tool(title="Check rules", annotations=READS)
async def check(
    ctx: Context,
    database: DatabasePath,
    rules: Annotated[
        list[Rule] | None, Field(max_length=500, description="What must hold; without: the usual rules, by names.")
    ] = None,
    tables: Names = None,
    max_seconds: Seconds = 240,
) -> Checked:
    """Check rules against tables: how many rows break each, and which are the first. No value is shown."""
    return await run(ctx, max_seconds, lambda job: check_rules(database, rules or [], tables or [], job))


@server.tool(title="Export a table", annotations=MAKES)
async def export(
    ctx: Context,
    database: DatabasePath,
    table: Annotated[str, Field(description="The table.")],
    path: Annotated[str, Field(description="Absolute path of the file, which must not be there yet.")],
    format: Annotated[Format, Field(description="What is written.")] = "csv",
    max_seconds: Seconds = 240,
) -> Exported:
    """Write a table to a new CSV, Parquet or JSON Lines file."""
    return await run(ctx, max_seconds, lambda job: export_table(database, table, path, format, job))


@server.tool(title="Back up a database", annotations=MAKES)
async def backup(
    ctx: Context,
    database: AnyDatabase,
    folder: Annotated[str, Field(description="Absolute path of the folder for it; made if it is not there.")],
    max_seconds: Seconds = 600,
) -> BackedUp:
    """Copy a database consistently, with a manifest: rows and checksum of every table, and the file's hash."""
    return await run(ctx, max_seconds, lambda job: back_up(database, folder, job))


@server.tool(title="Restore a backup", annotations=MAKES)
async def restore(
    ctx: Context,
    backup: BackupPath,
    database: Annotated[
        str | None, Field(description="Absolute path of the new database; beside the backup without it.")
    ] = None,
    max_seconds: Seconds = 600,
) -> Restored:
    """Make a new database from a backup. A corrupted one is refused, and nothing is ever restored over."""
    return await run(ctx, max_seconds, lambda job: restore_backup(backup, database, job))


@server.tool(title="Take a restore back", annotations=TAKES_BACK)
async def unrestore(ctx: Context, backup: BackupPath, database: AnyDatabase, max_seconds: Seconds = 600) -> Unrestored:
    """Remove a restored database that is still, byte for byte, its backup."""
    return await run(ctx, max_seconds, lambda job: take_back_restore(backup, database, job))


@server.tool(title="Verify a backup", annotations=READS)
async def verify_backup(ctx: Context, backup: BackupPath, max_seconds: Seconds = 600) -> Proof:
    """Say whether a backup is still what its manifest says."""
    return await run(ctx, max_seconds, lambda job: prove_backup(backup, job))


@server.tool(title="Verify a restored database", annotations=READS)
async def verify_restore(ctx: Context, backup: BackupPath, database: AnyDatabase, max_seconds: Seconds = 600) -> Proof:
    """Compare a restored database, table by table, with the manifest of its backup."""
    return await run(ctx, max_seconds, lambda job: prove_restore(backup, database, job))


@server.tool(title="Discard a file that was made", annotations=REMOVES)
async def discard(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the file, as the call that made it gave it.")],
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$", description="Its hash, as that call gave it.")],
    max_seconds: Seconds = 240,
) -> Discarded:
    """Remove a file that `export` or `backup` made, if it has not changed since."""
    return await run(ctx, max_seconds, lambda job: discard_file(path, sha256, job))


if __name__ == "__main__":
    server.run("stdio")
