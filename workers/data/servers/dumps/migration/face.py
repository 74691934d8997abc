"""The face of the server `migration`: what it says of itself, and what its tools have in common."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run

from ..dumping import Place, place_at

server = MCPServer(
    "migration",
    instructions="Copies MySQL and MariaDB databases into a new schema of PostgreSQL by pgloader, and data files into "
    "one of either; compares by the servers' own clients; changes the address in a file. Sources are only read.",
    log_level="WARNING",
)
Result = TypeVar("Result")


Source = Annotated[str, Field(max_length=1_000, description="`mysql://USER@HOST:PORT/DB` of the source; no password.")]
Target = Annotated[str, Field(max_length=1_000, description="`postgresql://USER@HOST:PORT/DB` of the target.")]
SourceSecret = Annotated[str | None, Field(description="Absolute path of a file with the password of the source.")]
TargetSecret = Annotated[str | None, Field(description="Absolute path of a file with the password of the target.")]
Schema = Annotated[str, Field(max_length=63, description="Name of the schema that holds the copy.")]
Config = Annotated[str, Field(description="Absolute path of the file that names the database.")]
Seconds = Annotated[float, Field(gt=0, le=14_400, description="Seconds it may take in all.")]


async def between(
    ctx: Context,
    addresses: tuple[str, str],
    secrets: tuple[str | None, str | None],
    seconds: float,
    work: Callable[[Place, Place], Result],
) -> Result:
    """Do something with both servers."""

    def do(job: Job) -> Result:
        with ExitStack() as stack:
            one, other = (
                stack.enter_context(place_at(address, secret, job))
                for address, secret in zip(addresses, secrets, strict=True)
            )
            return work(one, other)

    return await run(ctx, seconds, do)
