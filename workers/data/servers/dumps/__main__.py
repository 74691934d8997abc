"""The MCP server `dumps`."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from . import dumping
from .dumping import Place, place_at
from .results import Dumped, Planned, Proof, Restored, Unrestored

server = MCPServer(
    "dumps",
    instructions="Backs up, restores, compares and proves PostgreSQL and MariaDB databases by their own clients. "
    "Nothing is restored over without what is there being kept; every write names its undo.",
    log_level="WARNING",
)
Result = TypeVar("Result")


Where = Annotated[
    str, Field(max_length=1_000, description="`postgresql://USER@HOST:PORT/DB` or `mysql://…`; no password.")
]
PasswordFile = Annotated[
    str | None, Field(description="Absolute path of a file with the password, which only you can read.")
]
Kept = Annotated[str, Field(max_length=63, description="Name that keeps what was there; empty where nothing was.")]
Folder = Annotated[str, Field(description="Absolute path of the folder of the backups.")]
Backup = Annotated[str, Field(description="Absolute path of the dump.")]
Chosen = Annotated[str | None, Field(description="Absolute path of a dump; the newest without it.")]
Name = Annotated[str, Field(max_length=63, description="Name of the database on that server.")]
Seconds = Annotated[float, Field(gt=0, le=7_200, description="Seconds it may take in all.")]


async def at(
    ctx: Context, address: str, password_file: str | None, seconds: float, work: Callable[[Place, Job], Result]
) -> Result:
    """Do something to a database server."""

    def do(job: Job) -> Result:
        with place_at(address, password_file, job) as place:
            return work(place, job)

    return await run(ctx, seconds, do)


@server.tool(title="Back up a database", annotations=MAKES)
async def back_up(
    ctx: Context, address: Where, folder: Folder, password_file: PasswordFile = None, max_seconds: Seconds = 3_600
) -> Dumped:
    """Dump a database with a manifest: rows and checksum of every table, and the dump's hash."""
    return await at(ctx, address, password_file, max_seconds, lambda place, job: dumping.back_up(place, folder, job))


@server.tool(title="Preview a restore", annotations=READS)
async def plan_restore(
    ctx: Context,
    address: Where,
    folder: Folder,
    over: Annotated[bool, Field(description="Whether it takes the place of the database that is there.")] = False,
    backup: Chosen = None,
    password_file: PasswordFile = None,
    max_seconds: Seconds = 600,
) -> Planned:
    """Say which dump would become which database, with the rows of each table then and now."""
    return await at(
        ctx, address, password_file, max_seconds,
        lambda place, job: dumping.plan_restore(place, folder, backup, over, job),
    )  # fmt: skip


@server.tool(title="Restore a dump", annotations=MAKES)
async def restore(
    ctx: Context,
    address: Where,
    backup: Backup,
    target: Name,
    kept: Annotated[
        str, Field(max_length=63, description="Name that keeps what is there; empty where nothing is.")
    ] = "",
    password_file: PasswordFile = None,
    max_seconds: Seconds = 3_600,
) -> Restored:
    """Fill a new database from a dump and compare it; then, with `kept`, put it in the place of the old one."""
    return await at(
        ctx, address, password_file, max_seconds,
        lambda place, job: dumping.restore(place, backup, target, kept, job),
    )  # fmt: skip


@server.tool(title="Take a restore back", annotations=MAKES)
async def unrestore(
    ctx: Context,
    address: Where,
    backup: Backup,
    database: Name,
    kept: Kept = "",
    password_file: PasswordFile = None,
    max_seconds: Seconds = 3_600,
) -> Unrestored:
    """Drop what was restored, if nothing changed in it since, and give what was there its name again."""
    return await at(
        ctx, address, password_file, max_seconds,
        lambda place, job: dumping.unrestore(place, backup, database, kept, job),
    )  # fmt: skip


@server.tool(title="Compare with a dump", annotations=READS)
async def verify(
    ctx: Context,
    address: Where,
    backup: Backup,
    database: Name,
    password_file: PasswordFile = None,
    max_seconds: Seconds = 600,
) -> Proof:
    """Compare a database, table by table, with the manifest of a dump."""
    return await at(
        ctx, address, password_file, max_seconds, lambda place, job: dumping.verify(place, backup, database, job)
    )


@server.tool(title="Prove a dump", annotations=MAKES)
async def prove(
    ctx: Context,
    address: Where,
    folder: Folder,
    backup: Chosen = None,
    password_file: PasswordFile = None,
    max_seconds: Seconds = 3_600,
) -> Proof:
    """Restore a dump into a scratch database, compare it, drop it, and note the proof beside the dump."""
    return await at(
        ctx, address, password_file, max_seconds, lambda place, job: dumping.prove(place, folder, backup, job)
    )


if __name__ == "__main__":
    server.run("stdio")
