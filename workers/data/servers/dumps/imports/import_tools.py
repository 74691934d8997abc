"""The tools of `migration` that copy data files and file databases into a new schema of a server."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from ..address import checked
from ..dumping import Place, place_at
from ..migration.face import Schema, Seconds, TargetSecret, server
from ..migration.migration_results import Assessed, Compared, Copied
from . import holding, importing

Result = TypeVar("Result")

Files = Annotated[
    list[str],
    Field(min_length=1, max_length=200, description="Absolute paths: one SQLite or DuckDB file, or other data files."),
]
Server = Annotated[
    str, Field(max_length=1_000, description="`postgresql://USER@HOST:PORT/DB` or `mysql://USER@HOST:PORT/DB`.")
]


async def at(ctx: Context, target: str, secret: str | None, seconds: float, work: Callable[[Place], Result]) -> Result:
    """Do something with the server."""

    def do(job: Job) -> Result:
        with place_at(target, secret, job) as place:
            return work(place)

    return await run(ctx, seconds, do)


@server.tool(title="Assess a copy of files", annotations=READS)
async def assess_files(
    ctx: Context,
    files: Files,
    target: Server,
    schema: Annotated[str, Field(max_length=63, description="Name of the new schema; empty: made of the files'.")] = "",
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 1_800,
) -> Assessed:
    """Say which tables would be made of data files in which new schema, what becomes something else or is left out."""
    return await at(ctx, target, target_password_file, max_seconds, lambda to: importing.assess(files, to, schema))


@server.tool(title="Copy files into a new schema", annotations=MAKES)
async def copy_files(
    ctx: Context,
    files: Files,
    target: Server,
    schema: Schema,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 7_200,
) -> Copied:
    """Fill a new schema (MariaDB: a new database) with all tables and keys; if anything fails, it is gone again."""
    return await at(
        ctx, target, target_password_file, max_seconds, lambda to: importing.copy(files, to, checked(schema))
    )


@server.tool(title="Compare a copy with its files", annotations=READS)
async def compare_files(
    ctx: Context,
    files: Files,
    target: Server,
    schema: Schema,
    target_password_file: TargetSecret = None,
    max_seconds: Seconds = 1_800,
) -> Compared:
    """Compare rows, sums of every column, keys and sequences by the server's own client, not by what copied them."""
    return await at(
        ctx, target, target_password_file, max_seconds, lambda to: holding.compare(files, to, checked(schema))
    )
