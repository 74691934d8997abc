"""Outcome: the result of a subtask. A value, never an exception. And what of it a later task takes over."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from aether_agents.contracts.contract import ADDITIVE, Contract, Json
from aether_agents.contracts.tool import Risk

ErrorKind = Literal[
    "timeout",  # the call took longer than its subtask allows
    "transport",  # the server could not be reached: the request was not sent
    "lost",  # the server died, or its connection broke, after the request was sent
    "tool_error",  # the tool said it failed
    "expectation",  # the tool said nothing, but `expect` or `verify` was not met
    "arguments",  # references or arguments did not fit the tool's schema
    "policy",  # policy forbade the call
    "person",  # a person skipped it, or said that it counts as failed
    "denied",  # a person said no
    "drift",  # what was previewed is not what is there now
    "document",  # the subtask's document could not be opened here
    "internal",  # a fault of ours
]


#: Whose failure it is, coarser than its kind: who asked, a rule or a person, a tool and its world, a document that does
#: not open, a process that went away, or us.
FailureClass = Literal["user", "policy", "tool", "document", "lost", "ours"]

_CLASSES: Mapping[ErrorKind, FailureClass] = {
    "timeout": "tool",
    "transport": "tool",
    "lost": "lost",
    "tool_error": "tool",
    "expectation": "tool",
    "arguments": "user",
    "policy": "policy",
    "person": "policy",
    "denied": "policy",
    "drift": "tool",
    "document": "document",
    "internal": "ours",
}


def failure_class(kind: ErrorKind | None) -> FailureClass:
    """Whose failure a kind of error is; without one, it is the request's."""
    return "user" if kind is None else _CLASSES[kind]


class Outcome(Contract):
    """The result of a subtask."""

    status: Literal["completed", "failed", "skipped", "cancelled"] = Field(description="How it ended.")
    output: Json = Field(
        default=None,
        description="The tool's structured content; else the JSON of a single text part; else the text.",
    )
    error: str | None = Field(default=None, description="What went wrong and what to do about it, redacted.")
    error_kind: ErrorKind | None = Field(default=None, description="Which kind of failure it was.")
    sent: bool = Field(default=True, description="Whether the request had been sent when it failed.")
    attempts: int = Field(default=1, ge=0, description="Calls made so far.")
    silent: bool = Field(default=False, description="Whether its server did not answer in time when it was started.")

    @property
    def failed(self) -> bool:
        """Whether it ended badly."""
        return self.status == "failed"


class RerunOf(Contract):
    """Which task another one runs again."""

    task_id: str = Field(description="The task that is run again.")
    kind: Literal["retry", "fork"] = Field(
        default="retry", description="`retry` goes on with it; `fork` tries what else could have become of it."
    )
    by: str = Field(default="", description="Who asked for it to be run again; versions before did not keep it.")
    start: str = Field(default="", description="Subtask that runs again in any case, with all that depends on it.")
    agreed: bool = Field(default=False, description="Who asked for it wants no question about the difference first.")
    chain: tuple[str, ...] = Field(
        default=(), description="The tasks that were retried one after the other, the first one first, up to `task_id`."
    )
    anew: Annotated[bool, ADDITIVE] = Field(default=False, description="A model plans what is not done yet.")
    said: Annotated[str, ADDITIVE] = Field(
        default="", max_length=4_000, description="What a person says of it, for the model; never an instruction to us."
    )
    replans: Annotated[int, ADDITIVE] = Field(
        default=0, description="How often a model has planned the rest of the chain, this time included."
    )


class Kept(Contract):
    """A completed subtask whose outcome is taken over."""

    subtask: str = Field(description="Its id.")
    made_by: str = Field(description="The task that made the call.")


class Again(Contract):
    """A subtask that runs, and why it is not taken over."""

    subtask: str = Field(description="Its id.")
    tool: str = Field(default="", description="`server/tool`.")
    risk: Risk = Field(default=Risk.READ, description="Risk of its tool.")
    why: str = Field(description="Why it runs.")
    asks: str = Field(default="", description="Whether a person is asked before it, and why again; empty: nobody is.")


class Carried(Contract):
    """A yes of an earlier task: it counts if the call is still the one that it was given to."""

    binds: str = Field(description="Digest of the call, with the paths and ids of the tasks of the chain left out.")
    chain: tuple[str, ...] = Field(default=(), description="Those tasks.")
    until: datetime | None = Field(default=None, description="When it stops counting, UTC.")


class KeptItem(Contract):
    """What became of one item of a fan-out in the task before."""

    call: str = Field(default="", description="Digest of the call, where it completed.")
    made_by: str = Field(default="", description="The task that made that call.")
    why: str = Field(default="", description="Why a person is asked before it runs again; empty where it is safe.")


class KeptItems(Contract):
    """What became of the items of a fan-out that runs again. It counts for an equal list only."""

    items: str = Field(description="Digest of the list.")
    chain: tuple[str, ...] = Field(default=(), description="Tasks whose paths and ids are left out of the digests.")
    each: tuple[KeptItem, ...] = Field(default=(), description="By place in the list.")


class Rerun(Contract):
    """The difference between a task and the one that it runs again."""

    of: RerunOf = Field(description="The task that is run again.")
    kept: tuple[Kept, ...] = Field(default=(), description="What is taken over.")
    again: tuple[Again, ...] = Field(default=(), description="What runs.")


class ModelWork(Contract):
    """What a language model did for a plan: which one, what it was sent, what that cost."""

    model: str = Field(description="Name of the model at its provider.")
    requests: int = Field(description="How often it was asked; more than once where its plan was wrong at first.")
    sent_tokens: int = Field(default=0, description="Tokens that it was sent, as it counts them.")
    answered_tokens: int = Field(default=0, description="Tokens that it answered, as it counts them.")
    money: float = Field(default=0, description="What that cost by the prices of the settings; 0 without prices.")
    sent: str = Field(default="", description="All that it was sent first, redacted as it was.")
