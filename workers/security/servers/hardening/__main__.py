"""The MCP server `hardening`: how well this machine is hardened."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.findings import ScanResult

from .audit import audit_host

server = MCPServer(
    "hardening",
    instructions="Audits the hardening of the machine it runs on, with lynis. It changes nothing.",
    log_level="WARNING",
)

_Group = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,40}$")]


@server.tool(
    title="Audit the hardening of this machine",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def audit(
    ctx: Context,
    groups: Annotated[
        list[_Group],
        Field(max_length=50, description="Groups of tests, as `lynis show groups` names them; none: all."),
    ] = [],  # noqa: B006 - a schema's default, never changed
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 600,
) -> ScanResult:
    """Find what makes this machine easier to break into: logins, file permissions, kernel and services."""

    def work(job: Job) -> ScanResult:
        return audit_host(job, groups)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
