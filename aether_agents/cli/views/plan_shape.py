"""The shape of a plan on paper: what it needs, laid out as lines with guides.

What runs one after the other stands in one column; what may run at the same time stands on branches under
what comes before it. The shape is that of the canvas. A plan that has none (an N in its order), or that no
screen holds, is listed in the order given, and each node says in words what it comes after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Guide = Literal["branch", "last", "tee", "pipe", "gap"]

#: Beyond this many nodes a picture helps nobody: they are listed in order.
LARGEST = 300


class Branching(Protocol):
    """A series-parallel tree, as the canvas makes it."""

    @property
    def kind(self) -> str:
        """node, series or parallel."""

    @property
    def name(self) -> str:
        """Of a node: which."""

    @property
    def parts(self) -> "Sequence[Branching]":
        """Of the others: what they are made of."""


@dataclass(frozen=True)
class Place:
    """Where one node stands: its guides from the left, and whether its needs must be said in words."""

    id: str
    guides: tuple[Guide, ...] = ()
    loose: bool = False


def lay(needs: Mapping[str, Sequence[str]]) -> list[Place]:
    """Places of all nodes, top to bottom. Needs that are not nodes are ignored."""
    from aether_agents.execution.delivery.canvas import decompose  # noqa: PLC0415 - Celery is loaded when there is a plan to draw

    known = {name: tuple(need for need in wanted if need in needs) for name, wanted in needs.items()}
    tree = decompose(known) if len(known) <= LARGEST else None
    if tree is None:
        return [Place(name, loose=True) for name in known]
    return list(_places(tree))


def _places(tree: Branching) -> Iterator[Place]:
    """Depth is that of the nesting of series and parallel, not of the plan: recursion is safe here."""
    if tree.kind == "node":
        yield Place(tree.name)
    elif tree.kind == "series":
        for part in tree.parts:
            yield from _places(part)
    else:
        for branch in tree.parts:
            yield from _branch(branch, last=branch is tree.parts[-1])


def _branch(tree: Branching, *, last: bool) -> Iterator[Place]:
    for row, place in enumerate(_places(tree)):
        first: tuple[Guide, Guide] = ("last", "branch") if row == 0 else ("gap", "pipe")
        rest = place.guides
        if row == 0 and rest:  # a branch that begins by branching again
            rest = ("tee", *rest[1:])
        yield Place(place.id, (first[0 if last else 1], *rest), place.loose)
