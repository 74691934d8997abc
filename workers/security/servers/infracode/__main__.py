"""The MCP server `infracode`: insecure settings in infrastructure code."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.findings import ScanResult
from workers.inspection.repository import Repository
from workers.inspection.suppression import Honour, LeaveOut

from .scan import scan_infrastructure

server = MCPServer(
    "infracode",
    instructions="Finds insecure settings in infrastructure code. It deploys, fetches and runs nothing.",
    log_level="WARNING",
    middleware=[with_caller],
)


@server.tool(
    title="Scan infrastructure code",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def scan(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 240,
    honour_suppressions: Honour = False,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> ScanResult:
    """Find insecure settings in CloudFormation, Terraform, Kubernetes, Dockerfiles and GitHub workflows."""

    def work(job: Job) -> ScanResult:
        return scan_infrastructure(Repository(path, leave_out), job, honour_suppressions)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
