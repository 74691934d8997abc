"""The MCP server `folders`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.hints import MAKES, READS

from . import keeping, retaining
from .folder_results import Backed, Gone, Overview, Proof, Restored, RestorePlan, RetentionPlan
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


@server.tool(title="Preview a retention", annotations=READS)
async def plan_retention(
    ctx: Context,
    repository: Repository,
    password_file: Secret,
    keep_last: Annotated[int, Field(ge=1, le=10_000, description="Newest snapshots of each folder that stay.")],
    keep_days: Annotated[int, Field(ge=0, le=36_500, description="Days for which every snapshot stays.")] = 30,
    max_seconds: Seconds = 600,
) -> RetentionPlan:
    """Say which snapshots `restic forget` would take away; nothing is taken away."""
    return await at(
        ctx, repository, password_file, max_seconds, lambda it, _: retaining.plan_retention(it, keep_last, keep_days)
    )


@server.tool(title="Report on backups of folders", annotations=READS)
async def overview(
    ctx: Context,
    repository: Repository,
    password_file: Secret,
    max_age_days: Annotated[float, Field(gt=0, description="Days that the newest of a folder may be old.")] = 2,
    prove: Annotated[bool, Field(description="Whether the newest of each is restored into scratch.")] = True,
    max_seconds: Seconds = 7_200,
) -> Overview:
    """Say how old the newest snapshot of every folder is, and whether it restores as it was noted."""
    return await at(
        ctx, repository, password_file, max_seconds, lambda it, job: retaining.overview(it, max_age_days, prove, job)
    )


if __name__ == "__main__":
    server.run("stdio")
