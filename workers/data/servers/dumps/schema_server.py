"""The MCP server `schemas`: what is in databases, what differs between them, and changes of their schemas."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.findings import Coverage, conclude
from workers.inspection.hints import MAKES, READS

from .dumping import place_at
from .roles import role_tools
from .schemas import changing
from .schemas.bases import Base, FileBase, ServerBase
from .schemas.file_catalogue import read_file
from .schemas.schema_difference import held_against
from .schemas.schema_results import (
    BackedUp,
    ChangedSchemas,
    Differing,
    DiscardedBackups,
    Done,
    Inspected,
    PlannedChange,
    Schema,
    TakenBack,
    Target,
    lines_of,
)
from .schemas.server_catalogue import read_server

server = MCPServer(
    "schemas",
    instructions="Reads the schemas of SQLite, DuckDB, PostgreSQL and MariaDB databases, compares them, changes them "
    "after a rehearsal on a restored backup, and says and changes what roles may do in them.",
    log_level="WARNING",
)

Result = TypeVar("Result")

Addresses = Annotated[
    list[str],
    Field(max_length=20, description="`postgresql://USER@HOST:PORT/DB` or `mysql://…` of each; no password."),
]
Files = Annotated[list[str], Field(max_length=20, description="Absolute paths of SQLite and DuckDB files.")]
PasswordFiles = Annotated[
    list[str],
    Field(max_length=20, description="Absolute paths of files with the passwords, in the order of the addresses."),
]
Count = Annotated[bool, Field(description="Whether the rows of each table are counted.")]
Migration = Annotated[
    str, Field(description="Absolute path of a .sql file, or of a folder with up.sql or up.ENGINE.sql, and down.sql.")
]
Backups = Annotated[list[str], Field(max_length=40, description="Absolute paths of the backups, as `back_up` said.")]
Targets = Annotated[list[Target], Field(max_length=40, description="Every database, as the preview said.")]
Seconds = Annotated[float, Field(gt=0, le=7_200, description="Seconds it may take in all.")]


def read_all(addresses: list[str], files: list[str], password_files: list[str], count: bool, job: Job) -> list[Schema]:
    """The schemas of all that are named, servers first.

    Raises:
        ToolError: one of them cannot be read, or there is not one password file for each address.
    """
    found = []
    for address, secret in zip(addresses, secrets_of(addresses, password_files), strict=True):
        with ExitStack() as stack:
            found.append(read_server(stack.enter_context(place_at(address, secret, job)), count))
    for path in files:
        if job.out_of_time:
            raise ToolError(f"the time of {job.seconds:g} s was over before all were read: name fewer databases")
        found.append(read_file(path, job, count))
    return found


def secrets_of(addresses: list[str], files: list[str]) -> list[str | None]:
    """The password file of each address.

    Raises:
        ToolError: there are some, but not one for each: a password is sent to no server that it is not of.
    """
    if files and len(files) != len(addresses):
        raise ToolError(
            f"there are {len(addresses)} addresses and {len(files)} password files: name one for each, in their order"
        )
    return [*files] if files else [None] * len(addresses)


@server.tool(title="What is in databases", annotations=READS)
async def inspect(
    ctx: Context,
    *,
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    count: Count = True,
    max_seconds: Seconds = 900,
) -> Inspected:
    """List the tables of databases with columns, keys and rows, and what else is in them. Nothing is changed."""

    def look(job: Job) -> Inspected:
        if not addresses and not files:
            raise ToolError(
                "no database is named: name files (SQLite, DuckDB) or addresses (postgresql://…, mysql://…)"
            )
        found = read_all(addresses, files, password_files, count, job)
        tables = sum(len(one.tables) for one in found)
        base = conclude("databases", ", ".join(one.database for one in found), [], Coverage(checks=tables), looked=True)
        base.summary = f"{tables} tables in {len(found)} databases"
        return Inspected(**base.model_dump(), databases=found, lines=[line for one in found for line in lines_of(one)])

    return await run(ctx, max_seconds, look)


@server.tool(title="Compare the schemas of databases", annotations=READS)
async def compare(
    ctx: Context,
    *,
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    max_seconds: Seconds = 900,
) -> Differing:
    """Hold the schemas of two or more databases against the first of them. Nothing is changed."""

    def look(job: Job) -> Differing:
        if len(addresses) + len(files) < 2:  # noqa: PLR2004 - it takes two
            raise ToolError("it takes two databases to compare: name files (SQLite, DuckDB) or addresses")
        return held_against(read_all(addresses, files, password_files, False, job))

    return await run(ctx, max_seconds, look)


async def with_bases(
    ctx: Context,
    addresses: list[str],
    files: list[str],
    password_files: list[str],
    seconds: float,
    work: Callable[[list[Base], Job], Result],
) -> Result:
    """Do something with the databases whose schema is changed: files first, then servers."""

    def do(job: Job) -> Result:
        if not addresses and not files:
            raise ToolError("no database is named: name SQLite files or addresses (postgresql://…, mysql://…)")
        with ExitStack() as stack:
            bases: list[Base] = [FileBase(path, job) for path in files]
            for address, secret in zip(addresses, secrets_of(addresses, password_files), strict=True):
                bases.append(ServerBase(stack.enter_context(place_at(address, secret, job)), job))
            return work(bases, job)

    return await run(ctx, seconds, do)


@server.tool(title="Back up before a change", annotations=MAKES)
async def back_up(
    ctx: Context,
    *,
    migration: Migration,
    folder: Annotated[str, Field(description="Absolute path of the folder of the backups.")],
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    max_seconds: Seconds = 3_600,
) -> BackedUp:
    """Back up every database of a change, once there are statements for all of them."""
    return await with_bases(
        ctx, addresses, files, password_files, max_seconds, lambda them, _: changing.back_up(them, migration, folder)
    )


@server.tool(title="Discard the backups of a change", annotations=MAKES)
async def discard(
    backups: Backups,
    sha256: Annotated[list[str], Field(max_length=40, description="Hash of each, as `back_up` said.")],
) -> DiscardedBackups:
    """Remove the backups of a change that was taken back; one that has changed since stays."""
    return changing.discard(backups, sha256)


@server.tool(title="Preview a change of schema", annotations=READS)
async def plan_change(
    ctx: Context,
    *,
    migration: Migration,
    backups: Backups,
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    max_seconds: Seconds = 3_600,
) -> PlannedChange:
    """Run the statements on each restored backup, in scratch that goes again, and say what they change."""
    return await with_bases(
        ctx, addresses, files, password_files, max_seconds, lambda them, _: changing.plan(them, migration, backups)
    )


@server.tool(title="Change schemas", annotations=MAKES)
async def change(
    ctx: Context,
    *,
    migration: Migration,
    backups: Backups,
    targets: Targets,
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    max_seconds: Seconds = 3_600,
) -> ChangedSchemas:
    """Do exactly what was previewed, database by database; where one goes wrong, those before it are taken back."""
    return await with_bases(
        ctx, addresses, files, password_files, max_seconds,
        lambda them, _: changing.change(them, migration, backups, targets),
    )  # fmt: skip


@server.tool(title="Take a change of schema back", annotations=MAKES)
async def unchange(
    ctx: Context,
    *,
    migration: Migration,
    targets: Targets,
    done: Annotated[list[Done], Field(max_length=40, description="Every database, as `change` said.")],
    addresses: Addresses = [],  # noqa: B006 - it is only read
    files: Files = [],  # noqa: B006
    password_files: PasswordFiles = [],  # noqa: B006
    max_seconds: Seconds = 3_600,
) -> TakenBack:
    """Bring the schemas of before back, by the statements for it or from the backups."""
    return await with_bases(
        ctx, addresses, files, password_files, max_seconds,
        lambda them, _: changing.unchange(them, migration, targets, done),
    )  # fmt: skip


role_tools.add_to(server)

if __name__ == "__main__":
    server.run("stdio")
