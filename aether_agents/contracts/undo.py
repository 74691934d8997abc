"""Undoing: what putting a task back would do, and what nobody can put back."""

from pydantic import Field

from aether_agents.contracts.contract import Contract
from aether_agents.contracts.plan import Template
from aether_agents.contracts.tool import Risk


class Irreversible(Contract):
    """A call that changed something, or may have, and that nothing undoes."""

    subtask: str = Field(description="Subtask that made the call.")
    tool: str = Field(description="`server/tool` that was called.")
    risk: Risk = Field(description="Its risk when it was planned.")
    why: str = Field(description="Why it cannot be undone, and what to do about it.")


class Undoing(Contract):
    """What undoing a task comes to, before anything of it runs."""

    task_id: str = Field(description="The task that is put back.")
    undone: tuple[str, ...] = Field(default=(), description="Its subtasks that are undone, the last to end first.")
    cannot: tuple[Irreversible, ...] = Field(default=(), description="What cannot be undone.")
    document: Template | None = Field(default=None, description="The plan that undoes it; none if nothing can be.")
