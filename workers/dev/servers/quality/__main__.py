"""The MCP server `quality`: how good the code of a folder is, and where work on it pays."""

from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.repository import Repository
from workers.inspection.suppression import Honour, LeaveOut

from .assessment import Assessment, Quality

server = MCPServer(
    "quality",
    instructions="Assesses code: lint, complexity, maintainability, churn. It runs nothing of the folder it looks at.",
    log_level="WARNING",
    middleware=[with_caller],
)


@server.tool(
    title="Assess code quality",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def assess(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    days: Annotated[int, Field(ge=1, le=3_650, description="Days of history that count as recent.")] = 90,
    baseline: Annotated[
        list[str],
        Field(max_length=50, description="Absolute paths of saved results (`result ID --json`) to compare with."),
    ] = [],  # noqa: B006 - it is only read, and the schema shows it
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 240,
    honour_suppressions: Honour = False,
    leave_out: LeaveOut = [],  # noqa: B006 - it is only read, and the schema shows it
) -> Quality:
    """Measure the code of a folder: for Python a score with its reasons and lint, for all complexity and hot files."""

    def work(job: Job) -> Quality:
        return Assessment(Repository(path, leave_out), job, days, baseline, honour_suppressions).run()

    return await run(ctx, max_seconds, work)


if __name__ == "__main__":
    server.run("stdio")
