"""The MCP server `dependencies`: known vulnerabilities of what a folder pins."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.findings import ScanResult
from workers.inspection.repository import Repository
from workers.inspection.suppression import LeaveOut

from .asking import OSV
from .audit import audit as audit_folder

server = MCPServer(
    "dependencies",
    instructions="Looks up pinned Python packages in an advisory service. What was not looked up is not clean.",
    log_level="WARNING",
    middleware=[with_caller],
)


@server.tool(
    title="Audit the dependencies",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    ),
)
async def audit(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    advisories: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s@]{1,500}$",
            description="Address of a service that answers as OSV's `/v1/query` does; OSV's own without it.",
        ),
    ] = None,
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 180,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> ScanResult:
    """Look up pinned packages of requirements, project and lock files; only names and versions are sent."""

    def work(job: Job) -> ScanResult:
        return audit_folder(Repository(path, leave_out), job, advisories or OSV)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
