"""A step of a plan: one goal of a sentence, ready to be bound."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from aether_agents.contracts import Json, Template
from aether_agents.planning.sentence.parts import Part


class Step(NamedTuple):
    """One goal, ready to be bound."""

    id: str
    template: Template
    text: str  #: its words, without its parts
    said: str  #: as they were written
    score: float = 1.0
    needs: tuple[str, ...] = ()
    condition: Literal["passed", "failed"] | None = None  #: the result that the step before it must have
    inputs: Mapping[str, Json] = MappingProxyType({})  #: what its parts say
    taken: tuple[Part, ...] = ()  #: parts that are understood
    open: tuple[Part, ...] = ()  #: parts that nothing takes
