"""The MCP server `policy`: a repository held against a policy file."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.suppression import LeaveOut

from .check import PolicyResult, check_policy

server = MCPServer(
    "policy",
    instructions="Checks a repository against a policy file. A rule that could not be checked is inconclusive.",
    log_level="WARNING",
    middleware=[with_caller],
)


@server.tool(
    title="Check a policy",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def check(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    policy: Annotated[str, Field(description="Absolute path of the policy file (YAML).")],
    results: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            description="Outputs of scanners: secrets, code, permissions, dependencies, infrastructure, quality.",
        ),
    ],
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 180,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> PolicyResult:
    """Check required and forbidden files, forbidden patterns, headers, and how bad the scanners' findings may be."""

    def work(job: Job) -> PolicyResult:
        return check_policy(path, policy, results, job, leave_out)

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
