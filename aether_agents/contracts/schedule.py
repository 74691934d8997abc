"""What is known of a schedule beside its settings, and schedules that a person added from a sentence."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from aether_agents.contracts.contract import ADDITIVE, Contract, Json
from aether_agents.contracts.task import GitIdentity, Role


class Fired(Contract):
    """What became of the last slot of a schedule."""

    slot: datetime = Field(description="The moment it was due, UTC.")
    task_id: str = Field(description="The task it became; empty if none.")
    missed: int = Field(default=0, description="Slots before it that nobody ran.")
    error: str = Field(default="", description="Why there is no task: `paused`, or what is wrong.")


class Audit(Contract):
    """What a scheduled task found last, without saying what: digests of findings, and how many there are of each."""

    task_id: str = Field(description="The task.")
    seen: dict[str, int] = Field(default_factory=dict, description="Findings by fingerprint.")
    new: int = Field(default=0, description="Those of them that were not there before.")


class Note(Contract):
    """What is known of a schedule beside its settings."""

    paused: bool = Field(default=False, description="Whether its slots are left out.")
    audit: Audit | None = Field(default=None, description="What it found last.")
    fired: Fired | None = Field(default=None, description="Its last slot.")


class AddedSchedule(Contract):
    """A schedule that a person added, as it is kept: sealed, with who added it."""

    owner: str = Field(description="Who added it.")
    at: datetime = Field(description="When, UTC.")
    sentence: str = Field(description="The sentence it was made of.")
    settings: dict[str, Json] = Field(description="What the settings would have under `schedules`.")
    role: Annotated[Role, ADDITIVE] = Field(
        default="Owner", description="The role of who added it: each run asks with it."
    )
    git: Annotated[GitIdentity | None, ADDITIVE] = Field(
        default=None, description="As whom a run of it commits: who added it, read where he did."
    )
