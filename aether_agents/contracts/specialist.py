"""Specialist: an agent type as data. Its folder holds all that makes it; nothing of it is code of ours."""

from pydantic import Field

from aether_agents.contracts.contract import Contract
from aether_agents.contracts.plan import Template
from aether_agents.contracts.server import ServerSpec
from aether_agents.contracts.tool import ToolRow

#: The queue of the planner; a message without a subtask goes there.
PLANNER = "planner"


class Specialist(Contract):
    """Owns a queue, its MCP servers, its tool table and its templates."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$", description="infra, dev, data, security, or a new one.")
    description: str = Field(description="What it is for, in a sentence.")
    folder: str = Field(default="", description="Where it was read; its fixtures lie there.")
    servers: tuple[ServerSpec, ...] = Field(default=(), description="Its own MCP servers, trusted as installed.")
    tools: tuple[ToolRow, ...] = Field(default=(), description="Its tool table.")
    templates: tuple[Template, ...] = Field(default=(), description="Its templates.")

    @property
    def queue(self) -> str:
        """The Celery queue it serves; a subtask's Celery name belongs to it."""
        return self.name

    def row(self, ref: str) -> ToolRow:
        """What is known of the tool `server/tool`; an unknown one is destructive and unrepeatable."""
        return next((row for row in self.tools if row.tool == ref), ToolRow(tool=ref))
