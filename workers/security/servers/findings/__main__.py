"""The MCP server `findings`: findings of several scanners, merged, ranked, and as SARIF."""

from typing import Annotated, Any

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from .merging import MergedResult
from .merging import merge as merge_results
from .removing import Removed, remove_sarif
from .sarif import SarifFile, write_sarif

server = MCPServer(
    "findings",
    instructions="Merges the findings of several scanners. A scanner that could not look makes the whole inconclusive.",
    log_level="WARNING",
)

_Results = Annotated[
    list[Any], Field(max_length=200, description="Outputs of scanners; a list among them counts as its members.")
]


@server.tool(
    title="Merge findings",
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def merge(results: _Results) -> MergedResult:
    """Put findings together: the same file, line and kind of rule is one finding with its sources; the worst first."""
    return await anyio.to_thread.run_sync(merge_results, results)


@server.tool(
    title="Write findings as SARIF",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def sarif(
    results: _Results,
    folder: Annotated[str, Field(description="Absolute path of the folder for the file.")],
    name: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="File name without ending.")
    ] = "findings",
) -> SarifFile:
    """Merge findings and write them as a SARIF 2.1.0 file, which code hosts and editors show at their lines."""

    def work() -> SarifFile:
        return write_sarif(merge_results(results), folder, name)

    return await anyio.to_thread.run_sync(work)


@server.tool(
    title="Remove a SARIF file",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def remove(
    path: Annotated[str, Field(max_length=4_096, description="Absolute path of the SARIF file.")],
) -> Removed:
    """Remove a file that `sarif` wrote; any other file is never touched."""
    return await anyio.to_thread.run_sync(remove_sarif, path)


if __name__ == "__main__":
    server.run("stdio")
