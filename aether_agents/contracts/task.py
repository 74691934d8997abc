"""HighLevelTask: what a person asks for, with its context, inputs and owner."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self
from uuid import uuid4

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from aether_agents.contracts.complaint import in_plain_words
from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.outcome import RerunOf
from aether_agents.contracts.plan import Template
from aether_agents.errors import InvalidTask

Role = Literal["Anonymous", "Viewer", "Auditor", "User", "Supervisor", "Owner"]

_ALIASES = {"task": "description"}

#: Who asks, what runs exactly, and consent: whoever makes the task says these, never what he was sent.
_NEVER_SAID = (
    *("owner", "role", "assume_yes", "document", "version", "created_at", "undoes", "rerun"),
    *("added_by", "asked_by", "git", "addition", "drafted", "refines"),
)


def new_task_id() -> str:
    """A task id: 12 hex digits, unique enough for one installation and short enough to type."""
    return uuid4().hex[:12]


class GitIdentity(Contract):
    """As whom the asker commits, and which folders of others he has git read: by his own git configuration."""

    name: str = Field(default="", max_length=4_096, description="His `user.name`; empty where he has said none.")
    email: str = Field(default="", max_length=4_096, description="His `user.email`; empty where he has said none.")
    signs: bool = Field(default=False, description="Whether he has his own commits signed; those made here are not.")
    trusts: tuple[str, ...] = Field(
        default=(), max_length=200, description="His `safe.directory`: folders that git reads though others own them."
    )


class HighLevelTask(Contract):
    """What a person asks for."""

    version: Literal[1] = Field(default=1, description="Version of this document.")
    task_id: str = Field(
        default_factory=new_task_id,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
        description="Names the task; the same id from the same owner is one task.",
    )
    description: str = Field(min_length=1, max_length=4_000, description="The goal, in a sentence.")
    type: str | None = Field(default=None, description="Template to use, if the caller knows it.")
    agent_type: str | None = Field(default=None, description="Specialist to prefer: infra, dev, data or security.")
    context: str = Field(default="", description="Name of the context; empty means the settings' default.")
    inputs: dict[str, Json] = Field(default_factory=dict, description="Inputs given by name.")
    owner: str = Field(default="local", description="Who asks; never taken from a payload.")
    role: Role = Field(default="Owner", description="The asker's role; never taken from a payload.")
    folder: str = Field(default="", description="The caller's folder: relative paths and `this repository` mean it.")
    git: GitIdentity | None = Field(
        default=None, description="The asker's git identity, read where he asks; never taken from a payload."
    )
    session: str | None = Field(default=None, description="AetherTerm terminal session it came from.")
    priority: int = Field(default=5, ge=0, le=9, description="0 to 9, 9 the highest.")
    timeout_seconds: float | None = Field(default=None, gt=0, le=604_800, description="Time the whole task may take.")
    plan_only: bool = Field(default=False, description="End after planning, with the plan as result.")
    dry_run: bool = Field(
        default=False, description="Make only the calls that read, ask nobody, and tell what the others would be."
    )
    assume_yes: bool = Field(
        default=False,
        description="Answer ahead the questions policy lets one answer ahead; never taken from a payload, and counts "
        "only from a role that may approve.",
    )
    added_by: str = Field(
        default="", description="Who added the schedule that asks, if a person did; never taken from a payload."
    )
    asked_by: tuple[str, ...] = Field(
        default=(),
        description="Who else had a part in asking: who changed its words or its plan, or had it run, undone or run "
        "again for its owner. Where `four_eyes` is set none of them approves; never taken from a payload.",
    )
    document: Template | None = Field(default=None, description="A plan file to run exactly, instead of matching.")
    addition: str = Field(default="", max_length=4_000, description="Words whose plan runs after the document.")
    drafted: bool = Field(default=False, description="Its document began as a draft, so it is reviewed before it runs.")
    refines: str | None = Field(default=None, description="Task whose plan this one changes.")
    undoes: str | None = Field(default=None, description="Task that this one puts back.")
    rerun: RerunOf | None = Field(default=None, description="Task that this one runs again, and from where.")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), description="When it was asked, UTC.")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make a task from a plain payload.

        `task` is accepted for `description`. `context` is the name of a context, or a mapping with any of `name`,
        `path` (the caller's folder) and `session`.

        Raises:
            InvalidTask: a field is unknown, missing or wrong; the error names each.
        """
        if not isinstance(data, Mapping):
            raise InvalidTask("a task is a mapping with at least `description`")
        payload = {str(key): value for key, value in data.items() if value is not None}
        for private in _NEVER_SAID:
            if private in payload:
                raise InvalidTask(f"`{private}` is not taken from a payload: leave it out")
        for alias, name in _ALIASES.items():
            if alias in payload and payload.setdefault(name, payload[alias]) != payload.pop(alias):
                raise InvalidTask(f"`{alias}` and `{name}` say different things: give one of them")
        if isinstance(payload.get("context"), Mapping):
            _spread(payload, payload.pop("context"))
        try:
            return cls.model_validate(payload)
        except ValidationError as error:
            raise InvalidTask("; ".join(_complaint(one) for one in error.errors())) from None

    def also_asked_by(self, *names: str) -> Self:
        """The task with more people who had a part in asking for it."""
        added = dict.fromkeys(name for name in (*self.asked_by, *names) if name and name != self.owner)
        return self.model_copy(update={"asked_by": tuple(added)})

    def refined(self, instruction: str) -> Self:
        """The task with more words after its own.

        Raises:
            InvalidTask: there are none, or too many.
        """
        words = instruction.strip()
        if not words:
            raise InvalidTask("`instruction`: say what should be different")
        said = self.description.rstrip()
        joint = " " if said.endswith((".", "!", "?", "。", "！", "？")) else ". "
        limit = 4_000
        if len(said) + len(joint) + len(words) > limit:
            raise InvalidTask(f"`instruction`: the description with it may have {limit} characters")
        return self.model_copy(update={"description": f"{said}{joint}{words}"})


def _spread(payload: dict[str, Any], context: Mapping[str, Any]) -> None:
    """What a context that is a mapping says, each at its own place."""
    given = {str(key): value for key, value in context.items() if value is not None}
    known = {"name": "context", "path": "folder", "session": "session"}
    if strange := [key for key in given if key not in known]:
        raise InvalidTask(f"`context.{strange[0]}` is unknown; known: {', '.join(known)}")
    for key, value in given.items():
        if not isinstance(value, str):
            raise InvalidTask(f"`context.{key}`: a text is wanted, not {type(value).__name__}")
        payload.setdefault(known[key], value)


def _complaint(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"])) or "task"
    if error["type"] == "extra_forbidden":
        return f"`{name}` is unknown"
    if error["type"] == "missing":
        return f"`{name}` is missing"
    return f"`{name}`: {in_plain_words(error)}"
