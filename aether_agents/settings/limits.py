"""Limits that stop: what would be more is not called."""

from typing import Annotated

from pydantic import Field

from aether_agents.contracts import Contract


class LimitSettings(Contract):
    """How much may be called, across all workers: counted before each call. What is full fails it with the reason."""

    calls_per_task: int = Field(default=0, ge=0, description="Calls of tools one task may make; 0: any.")
    calls_per_owner: int = Field(default=0, ge=0, description="Calls for one person in a UTC day; 0: any.")
    costs: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Most that one call costs, by `server/tool` pattern; the first that fits counts.",
    )
    cost_per_task: float = Field(default=0, ge=0, description="Cost of one task's calls at most; 0: any.")
    cost_per_owner: float = Field(default=0, ge=0, description="Cost of one person's calls in a UTC day; 0: any.")


class Budget(Contract):
    """Calls of a server in a UTC day, and whether more of them are made."""

    calls: int = Field(ge=1, description="Calls of its tools in a UTC day.")
    stop: bool = Field(default=False, description="Whether no more are made then; else it is only told.")
