"""The MCP server `tls`: the TLS of endpoints."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.findings import ScanResult

from .check import check_endpoints

server = MCPServer(
    "tls",
    instructions="Looks at protocol versions and certificates of endpoints. It shakes hands and sends nothing.",
    log_level="WARNING",
)

_Endpoint = Annotated[str, Field(min_length=1, max_length=300)]


@server.tool(
    title="Check the TLS of endpoints",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    ),
)
async def check(
    ctx: Context,
    endpoints: Annotated[
        list[_Endpoint], Field(min_length=1, max_length=100, description="Endpoints: `host:port` or `https://host`.")
    ],
    authorities: Annotated[
        list[str],
        Field(
            max_length=20, description="Absolute paths of PEM files of who is trusted, instead of the machine's list."
        ),
    ] = [],  # noqa: B006 - it is only read, and the schema shows it
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 120,
) -> ScanResult:
    """Find expired, mismatched, weak or untrusted certificates and protocol versions that are broken."""

    def work(job: Job) -> ScanResult:
        return check_endpoints(endpoints, job, authorities)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
