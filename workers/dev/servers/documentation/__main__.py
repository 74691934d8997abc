"""The MCP server `documentation`: pages about the Python code of a folder, and what of it is undocumented."""

from typing import Annotated

import anyio.to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job, run
from workers.inspection.caller import with_caller
from workers.inspection.git import printable

from .building import Documentation
from .building import build as build_pages
from .site import Site

server = MCPServer(
    "documentation",
    instructions="Writes API documentation with pdoc. It reads the code and runs nothing of it.",
    log_level="WARNING",
    middleware=[with_caller],
)

WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class Removed(BaseModel):
    """The result of removing documentation."""

    removed: list[str] = Field(description="Files that are gone, relative to the folder.")
    kept: list[str] = Field(description="Files that were changed since, and stay.")


@server.tool(title="Build API documentation", annotations=WRITES)
async def build(
    ctx: Context,
    path: Annotated[str, Field(description="Absolute path of the folder; a git repository or not.")],
    folder: Annotated[
        str, Field(max_length=4_096, description="Absolute path of the folder for the pages; it must not be there yet.")
    ],
    least: Annotated[
        float, Field(ge=0, le=100, description="Percent of the public names that must have a docstring.")
    ] = 80,
    source: Annotated[bool, Field(description="Whether the pages show the source as well.")] = False,
    max_seconds: Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")] = 240,
) -> Documentation:
    """Write HTML pages about the public modules of a folder, and name what has no docstring, with file and line."""

    def work(job: Job) -> Documentation:
        return build_pages(path, folder, least, source, job)

    return await run(ctx, max_seconds, work)


@server.tool(title="Remove API documentation", annotations=WRITES)
async def remove(
    folder: Annotated[str, Field(max_length=4_096, description="Absolute path of the folder that `build` made.")],
) -> Removed:
    """Remove the pages that `build` made; what was changed since, or was never its own, is not touched."""
    gone, kept = await anyio.to_thread.run_sync(lambda: Site(folder).remove())
    return Removed(removed=[printable(name) for name in gone], kept=[printable(name) for name in kept])


if __name__ == "__main__":
    server.run("stdio")
