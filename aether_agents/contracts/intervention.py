"""Intervention: what a person is asked, and what a person may answer. The kinds are AetherTerm's."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.outcome import Carried
from aether_agents.contracts.plan import InputSpec

Kind = Literal["approval", "choice", "input", "review", "confirmation"]


class Intervention(Contract):
    """A question put to a person. It holds its subtask (or its whole task) until it is answered."""

    id: str = Field(description="Unique in its task, such as `remove.1`; of the task itself, `task.1`.")
    kind: Kind = Field(description="What sort of answer is wanted.")
    subtask_id: str | None = Field(default=None, description="The subtask that waits; none means the whole task.")
    prompt: str = Field(description="The question, redacted, with what will happen.")
    choices: tuple[str, ...] = Field(default=(), description="The answers that mean something, the safest last.")
    fields: dict[str, InputSpec] = Field(default_factory=dict, description="For `input`: what is missing.")
    elicitation: str = Field(default="", description="Digest of the question, if a server asks it during a call.")
    digest: str = Field(
        default="",
        description="Digest of the call's arguments, where the prompt has no room for them; binds the yes.",
    )
    binds: str = Field(
        default="",
        description="Digest of what a yes is a yes to: of a call its tool, pin and arguments; of a plan the plan. "
        "Whoever acts on the answer checks it.",
    )
    asked_at: datetime | None = Field(default=None, description="When it was asked, UTC.")


class Answer(Contract):
    """What a person answered."""

    intervention_id: str = Field(description="The question.")
    response: str = Field(description="One of the question's choices; `provide` for an `input`.")
    values: dict[str, Json] = Field(default_factory=dict, description="For `input`: the values.")
    by: str = Field(default="local", description="Who answered; never taken from a payload.")


class GivenAnswer(Contract):
    """An answer as it is kept, sealed. Whoever acts on it checks it; the store's word for it is not enough."""

    intervention_id: str = Field(description="The question.")
    response: str = Field(description="What was answered.")
    actor: str = Field(description="Who answered.")
    at: datetime = Field(description="When, UTC, by the clock of who took the answer.")
    binds: str = Field(default="", description="What it is a yes to, as the question has it.")
    role: str = Field(default="", description="Role of who answered; versions before did not keep it.")
    carried: Carried | None = Field(default=None, description="Of a yes of an earlier task: when it counts here.")
