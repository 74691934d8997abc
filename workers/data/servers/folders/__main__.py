"""The MCP server `folders`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from . import keeping
from .folder_results import Backed, Gone, Proof, Restored, RestorePlan
from .restic import Restic

server = MCPServer(
    "folders",
    instructions="Backs up, restores and proves folders by restic. Nothing is restored over what is there.",
    log_level="WARNING",
)
Result = TypeVar("Result")


Folder = Annotated[str, Field(description="Absolute path of the folder that is or was backed up.")]
Repository = Annotated[
    str, Field(max_length=1_000, description="Absolute path of the repository, or restic's address.")
]
Secret = Annotated[str, Field(description="Absolute path of a file with the repository's password.")]
Snapshot = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Id of the snapshot.")]
Target = Annotated[str, Field(description="Absolute path of the restored folder.")]
Seconds = Annotated[float, Field(gt=0, le=14_400, description="Seconds it may take in all.")]


async def at(
    ctx: Context, repository: str, password_file: str, seconds: float, work: Callable[[Restic, Job], Result]
) -> Result:
    """Do something with a repository."""
    return await run(ctx, seconds, lambda job: work(Restic(repository, password_file, job), job))


@server.tool(title="Back up a folder", annotations=MAKES)
async def back_up(
    ctx: Context, folder: Folder, repository: Repository, password_file: Secret, max_seconds: Seconds = 7_200
) -> Backed:
    """Make a snapshot of a folder as it is at one moment; the repository is made if it is not there."""
    return await at(ctx, repository, password_file, max_seconds, lambda it, job: keeping.back_up(it, Path(folder), job))


@server.tool(title="Prove a backup of a folder", annotations=READS)
async def prove(
    ctx: Context,
    folder: Folder,
    repository: Repository,
    password_file: Secret,
    snapshot: Annotated[str | None, Field(description="Id of a snapshot; the newest without it.")] = None,
    max_seconds: Seconds = 7_200,
) -> Proof:
    """Restore a snapshot into scratch and compare it with what was noted when it was made; the scratch goes again."""
    return await at(
        ctx, repository, password_file, max_seconds, lambda it, job: keeping.prove(it, folder, snapshot, job)
    )


@server.tool(title="Preview a restore of a folder", annotations=READS)
async def plan_restore(
    ctx: Context,
    folder: Folder,
    repository: Repository,
    password_file: Secret,
    target: Annotated[
        str | None, Field(description="Absolute path of a new folder; beside the old one without it.")
    ] = None,
    max_seconds: Seconds = 600,
) -> RestorePlan:
    """Say which snapshot would become which new folder."""
    return await at(ctx, repository, password_file, max_seconds, lambda it, _: keeping.plan_restore(it, folder, target))


@server.tool(title="Restore a folder", annotations=MAKES)
async def restore(
    ctx: Context,
    repository: Repository,
    password_file: Secret,
    snapshot: Snapshot,
    target: Target,
    max_seconds: Seconds = 7_200,
) -> Restored:
    """Make a new folder from a snapshot, at once or not at all."""
    return await at(
        ctx, repository, password_file, max_seconds, lambda it, job: keeping.restore(it, snapshot, Path(target), job)
    )


@server.tool(title="Compare a restored folder", annotations=READS)
async def verify(
    ctx: Context,
    repository: Repository,
    password_file: Secret,
    snapshot: Snapshot,
    target: Target,
    max_seconds: Seconds = 7_200,
) -> Proof:
    """Compare a folder with what was noted when its snapshot was made."""
    return await at(
        ctx, repository, password_file, max_seconds, lambda it, job: keeping.verify(it, snapshot, Path(target), job)
    )


@server.tool(title="Take a restore back", annotations=MAKES)
async def unrestore(
    ctx: Context,
    target: Target,
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the folder, as `restore` said.")],
    max_seconds: Seconds = 3_600,
) -> Gone:
    """Remove a restored folder, if it is still what was restored."""
    return await run(ctx, max_seconds, lambda job: keeping.unrestore(Path(target), digest, job))


@server.tool(title="Discard a snapshot", annotations=MAKES)
async def discard(
    ctx: Context, repository: Repository, password_file: Secret, snapshot: Snapshot, max_seconds: Seconds = 3_600
) -> Gone:
    """Take one snapshot away, with what only it holds."""
    return await at(ctx, repository, password_file, max_seconds, lambda it, _: keeping.discard(it, snapshot))


if __name__ == "__main__":
    server.run("stdio")
