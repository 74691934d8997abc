"""What is known of a schedule beside its settings."""

from datetime import datetime

from pydantic import Field

from aether_agents.contracts.contract import Contract


class Fired(Contract):
    """What became of the last slot of a schedule."""

    slot: datetime = Field(description="The moment it was due, UTC.")
    task_id: str = Field(description="The task it became; empty if none.")
    missed: int = Field(default=0, description="Slots before it that nobody ran.")
    error: str = Field(default="", description="Why there is no task: `paused`, or what is wrong.")


class Note(Contract):
    """What is known of a schedule beside its settings."""

    paused: bool = Field(default=False, description="Whether its slots are left out.")
    fired: Fired | None = Field(default=None, description="Its last slot.")
