"""The MCP server `terraform`."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from workers.inspection.bounded_job import Job, run

from . import applying, planning
from .plan_results import Applied, Drift, Planned, Undone
from .saved_plans import NAME

server = MCPServer(
    "terraform",
    instructions="Plans configurations of Terraform or OpenTofu, applies exactly a saved plan, and looks for drift.",
    log_level="WARNING",
)

READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True)

Folder = Annotated[str, Field(description="Absolute path of the folder with the configuration.")]
Variables = Annotated[dict[str, Any], Field(description="Variables of the configuration; no secret belongs here.")]
Code = Annotated[bool, Field(description="Whether data sources may run programs of the configuration's choice.")]
Plan = Annotated[str, Field(pattern=NAME, description="Name of a saved plan, from its preview.")]
Seconds = Annotated[float, Field(gt=0, le=7_200, description="Seconds it may take in all.")]


@server.tool(title="Plan a configuration", annotations=READS)
async def plan(
    ctx: Context,
    *,
    folder: Folder,
    variables: Variables = {},  # noqa: B006 - it is only read
    destroy: Annotated[bool, Field(description="Whether everything of it is to be destroyed.")] = False,
    allow_code: Code = False,
    findings: Annotated[list[str], Field(max_length=50, description="What a scanner found, a line each.")] = [],  # noqa: B006
    worst: Annotated[str | None, Field(max_length=20, description="Severity of the worst of it.")] = None,
    allow_findings: Annotated[bool, Field(description="Whether it goes on with a high or critical one.")] = False,
    max_seconds: Seconds = 900,
) -> Planned:
    """Say what would be destroyed, replaced, changed and created, and keep the plan. Nothing is changed."""
    planning.stop_at(worst, findings, allow_findings)

    def work(job: Job) -> Planned:
        found = planning.plan(folder, variables, destroy, allow_code, job)
        told = [f"# scanner: {one}" for one in findings]
        return found.model_copy(update={"diff": "\n".join([*told, found.diff]), "notes": [*found.notes, *told]})

    return await run(ctx, max_seconds, work)


@server.tool(title="Apply a saved plan", annotations=CHANGES)
async def apply(ctx: Context, folder: Folder, plan: Plan, max_seconds: Seconds = 3_600) -> Applied:
    """Do exactly what a saved plan says; refused where the state has changed since."""
    return await run(ctx, max_seconds, lambda job: applying.apply(folder, plan, job))


@server.tool(title="Look for drift", annotations=READS)
async def drift(
    ctx: Context,
    folder: Folder,
    variables: Variables = {},  # noqa: B006 - it is only read
    allow_code: Code = False,
    max_seconds: Seconds = 900,
) -> Drift:
    """Say what a plan would do now: nothing, where what is there is what the configuration says."""
    return await run(ctx, max_seconds, lambda job: planning.drift(folder, variables, allow_code, job))


@server.tool(title="Take a plan back", annotations=CHANGES)
async def undo(
    ctx: Context,
    folder: Folder,
    plan: Plan,
    state: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", description="What was there, as `apply` said.")],
    max_seconds: Seconds = 3_600,
) -> Undone:
    """Destroy what a plan made, if it made things only and nothing has changed since."""
    return await run(ctx, max_seconds, lambda job: applying.undo(folder, plan, state, job))


if __name__ == "__main__":
    server.run("stdio")
