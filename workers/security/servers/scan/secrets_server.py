"""The MCP server `secrets`: leaked secrets in a folder and in its git history."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.findings import ScanResult
from workers.inspection.repository import Repository
from workers.inspection.suppression import Honour, LeaveOut

server = MCPServer(
    "secrets",
    instructions="Finds leaked secrets. It never shows, sends or tries one; what it could not look at it says.",
    log_level="WARNING",
    middleware=[with_caller],
)


@server.tool(
    title="Scan for secrets",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def scan(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    max_commits: Annotated[
        int, Field(ge=0, le=100_000, description="Newest commits of all branches whose changes are looked at; 0: none.")
    ] = 5_000,
    files: Annotated[
        list[str] | None, Field(max_length=10_000, description="Files to look at, relative to it; else all of them.")
    ] = None,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
    honour_suppressions: Honour = False,
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 240,
) -> ScanResult:
    """Find secrets in the files of a folder and in everything its git history ever added, deleted files included."""

    def work(job: Job) -> ScanResult:
        # Imported when first needed: the detectors take longer to import than the server to start.
        from .secrets import SecretsScan  # noqa: PLC0415

        only = None if files is None else frozenset(files)
        return SecretsScan(Repository(path, leave_out), job, max_commits, only, honour_suppressions).run()

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
