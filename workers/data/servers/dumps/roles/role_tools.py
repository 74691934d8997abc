"""The tools of `schemas` that change what a role may do in a database."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from ..dumping import Place, place_at
from . import access as changing
from .access import Action, ChangedAccess, PlannedAccess, Standing, Wish
from .privileges import Access, Privilege

Result = TypeVar("Result")

Address = Annotated[
    str, Field(max_length=1_000, description="`postgresql://USER@HOST:PORT/DB` or `mysql://…`; no password.")
]
Role = Annotated[
    str, Field(max_length=320, description="Name of the role; in MariaDB an account NAME@HOST; PUBLIC: everybody.")
]
What = Annotated[Access, Field(description="What it may do: read, write, all, or everything as a superuser.")]
Does = Annotated[Action, Field(description="Whether it is granted or revoked.")]
Schema = Annotated[str, Field(max_length=63, description="Schema of PostgreSQL; empty: public.")]
Secret = Annotated[str | None, Field(description="Absolute path of a file with the password.")]
Seconds = Annotated[float, Field(gt=0, le=900, description="Seconds it may take in all.")]


async def at(ctx: Context, address: str, secret: str | None, seconds: float, work: Callable[[Place], Result]) -> Result:
    """Do something with the server."""

    def do(job: Job) -> Result:
        with place_at(address, secret, job) as place:
            return work(place)

    return await run(ctx, seconds, do)


async def plan_access(
    ctx: Context,
    address: Address,
    action: Does,
    role: Role,
    access: What,
    schema: Schema = "",
    password_file: Secret = None,
    max_seconds: Seconds = 120,
) -> PlannedAccess:
    """Say which statements would grant or revoke an access to a database; what is dangerous comes first."""
    wish = Wish(action, role, access, schema)
    return await at(ctx, address, password_file, max_seconds, lambda place: changing.plan(place, wish))


async def change_access(
    ctx: Context,
    *,
    address: Address,
    action: Does,
    role: Role,
    access: What,
    digest: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", description="The preview, as it was agreed to.")],
    schema: Schema = "",
    password_file: Secret = None,
    max_seconds: Seconds = 120,
) -> ChangedAccess:
    """Carry the statements of a preview out, all or none; a role that is not there is made, without a password."""
    wish = Wish(action, role, access, schema)
    return await at(ctx, address, password_file, max_seconds, lambda place: changing.change(place, wish, digest))


async def check_access(
    ctx: Context,
    address: Address,
    action: Does,
    role: Role,
    access: What,
    schema: Schema = "",
    password_file: Secret = None,
    max_seconds: Seconds = 120,
) -> Standing:
    """Read back what a role can do in effect: all of what was granted, nothing of what was revoked."""
    wish = Wish(action, role, access, schema)
    return await at(ctx, address, password_file, max_seconds, lambda place: changing.stands(place, wish))


async def undo_access(
    ctx: Context,
    *,
    address: Address,
    action: Does,
    role: Role,
    made: Annotated[bool, Field(description="Whether the role was made for it.")],
    privileges: Annotated[list[Privilege], Field(max_length=20_000, description="What was granted or revoked.")],
    schema: Schema = "",
    password_file: Secret = None,
    max_seconds: Seconds = 120,
) -> str:
    """Grant what was revoked, or revoke what was granted, and drop a role that was made for it."""
    wish = Wish(action, role, "read", schema)
    return await at(
        ctx, address, password_file, max_seconds, lambda place: changing.undo(place, wish, made, privileges)
    )


def add_to(server: MCPServer) -> None:
    """Make them tools of a server."""
    server.tool(title="Preview a change of access", annotations=READS)(plan_access)
    server.tool(title="Change an access", annotations=MAKES)(change_access)
    server.tool(title="Check an access", annotations=READS)(check_access)
    server.tool(title="Take a change of access back", annotations=MAKES)(undo_access)
