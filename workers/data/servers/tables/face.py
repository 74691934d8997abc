"""The face of the server `tables`: what it says of itself, and what its tools have in common."""

from typing import Annotated

from mcp.server.mcpserver import MCPServer
from mcp_types import ToolAnnotations
from pydantic import Field

server = MCPServer(
    "tables",
    instructions="Tables in DuckDB files. Nothing is overwritten, no argument is SQL, every write names its undo.",
    log_level="WARNING",
)

TAKES_BACK = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
REMOVES = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)

DatabasePath = Annotated[str, Field(description="Absolute path of the DuckDB file.")]
AnyDatabase = Annotated[str, Field(description="Absolute path of the database: a DuckDB or a SQLite file.")]
BackupPath = Annotated[str, Field(description="Absolute path of the backup, as `backup` gave it.")]
Names = Annotated[list[str] | None, Field(max_length=200, description="Tables; all of them without.")]
Seconds = Annotated[float, Field(gt=0, le=3_600, description="Seconds it may take in all.")]
