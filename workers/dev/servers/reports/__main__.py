"""The MCP server `reports`: Markdown and one HTML file from what other tools found."""

from typing import Annotated, Any

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

from .removing import Removed, remove_report
from .written import Written

server = MCPServer(
    "reports",
    instructions="Writes a report as Markdown and as one HTML file. The same content gives the same files.",
    log_level="WARNING",
)


@server.tool(
    title="Write a report",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def write(
    title: Annotated[str, Field(min_length=1, max_length=200, description="Title of the report.")],
    sections: Annotated[
        list[Any],
        Field(
            max_length=200,
            description="What to report, in order: outputs of other tools, or `{title, content, tables}` around one; "
            "`tables` names lists of the output that are shown as tables beneath its findings.",
        ),
    ],
    folder: Annotated[
        str | None, Field(description="Absolute path of the folder for the files; a folder of its own without it.")
    ] = None,
    subject: Annotated[str, Field(max_length=2_000, description="What the report is about, such as a path.")] = "",
    task: Annotated[str, Field(max_length=200, description="The task it was made by.")] = "",
    name: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="File name without ending.")
    ] = "report",
) -> Written:
    """Write a report into a folder: findings by severity, scores, logs and tables, with a summary on top."""

    def work() -> Written:
        # Imported when first needed: the template engine takes longer to import than the server to start.
        from .writing import write_report  # noqa: PLC0415

        return write_report(title, sections, folder, subject=subject, task=task, name=name)

    return await anyio.to_thread.run_sync(work)


@server.tool(
    title="Remove a report",
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)
async def remove(
    html: Annotated[str, Field(max_length=4_096, description="Absolute path of the report's HTML file.")],
) -> Removed:
    """Remove a report that `write` made, HTML and Markdown; a file that is no report is never touched."""
    return await anyio.to_thread.run_sync(remove_report, html)


if __name__ == "__main__":
    server.run("stdio")
