"""Plan edit: what a person may change in a plan before it runs, and the answer to a change that cannot be made."""

from typing import Literal, NamedTuple

from aether_agents.contracts import Json
from aether_agents.contracts.tool import Approval


class Drop(NamedTuple):
    """Take a subtask out."""

    subtask: str


class SetArgument(NamedTuple):
    """Give an argument of a subtask another value."""

    subtask: str
    argument: str
    value: Json


class Move(NamedTuple):
    """Let a subtask run before or after another."""

    subtask: str
    where: Literal["before", "after"]
    other: str


class Approve(NamedTuple):
    """Say whether a person is asked before a subtask."""

    subtask: str
    approval: Approval


class Add(NamedTuple):
    """Add what a sentence, a template's name or a tool's name means; it runs after all that is there."""

    words: str


class Reword(NamedTuple):
    """Plan another sentence instead."""

    sentence: str


Edit = Drop | SetArgument | Move | Approve | Add | Reword


class Refused(NamedTuple):
    """A change that is not made, and why; the plan stays as it is."""

    why: str
