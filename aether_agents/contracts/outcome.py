"""Outcome: what a subtask came to. A value, never an exception."""

from typing import Literal

from pydantic import Field

from aether_agents.contracts.contract import Contract, Json

ErrorKind = Literal[
    "timeout",  # the call took longer than its subtask allows
    "transport",  # the server could not be reached: the request was not sent
    "lost",  # the server died, or its connection broke, after the request was sent
    "tool_error",  # the tool said it failed
    "expectation",  # the tool said nothing, but `expect` or `verify` was not met
    "arguments",  # references or arguments did not fit the tool's schema
    "policy",  # policy forbade the call
    "person",  # a person refused it
    "document",  # the subtask's document could not be opened here
    "internal",  # a fault of ours
]


class Outcome(Contract):
    """What a subtask came to."""

    status: Literal["completed", "failed", "skipped", "cancelled"] = Field(description="How it ended.")
    output: Json = Field(
        default=None,
        description="The tool's structured content; else the JSON of a single text part; else the text.",
    )
    error: str | None = Field(default=None, description="What went wrong and what to do about it, redacted.")
    error_kind: ErrorKind | None = Field(default=None, description="Which kind of failure it was.")
    sent: bool = Field(default=True, description="Whether the request had been sent when it failed.")
    attempts: int = Field(default=1, ge=0, description="Calls made so far.")

    @property
    def failed(self) -> bool:
        """Whether it ended badly."""
        return self.status == "failed"
