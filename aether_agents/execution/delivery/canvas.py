"""Plan to canvas: a series-parallel plan becomes nested chain, group and chord. Pure: it sends nothing.

A plan is a poset. A poset is series-parallel exactly if it has no four elements in the shape of an N
(Valdes, Tarjan, Lawler); then every part of two or more elements falls apart either into components of
comparability (they run in parallel) or into components of incomparability (they run one after another).
The canvas made from that tree has the plan's order and no barrier that the plan does not have.

Everything here is iterative: a plan of a thousand steps is a tree a thousand levels deep.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from celery import chain, group
from celery.canvas import Signature

Kind = Literal["node", "seam", "series", "parallel"]
Seed = TypeVar("Seed")
Grown = TypeVar("Grown")
_Split = tuple[Kind, Any, Sequence[Seed]]


class Tree(NamedTuple):
    """A series-parallel tree. A leaf (`node`, `seam`) has a name, a branch has parts."""

    kind: Kind
    name: str
    parts: tuple["Tree", ...] = ()


class Weight(NamedTuple):
    """What a canvas costs the broker."""

    signatures: int  #: subtasks and seams in it
    carried: int  #: signatures that all its messages carry: each carries what comes after it


class NotSeriesParallel(Exception):
    """There is an N in the plan: no nesting of chain and group has its order."""


def compile(
    needs: Mapping[str, Iterable[str]],
    signature: Callable[[str], Signature],
    seam: Callable[[str], Signature],
    limit: int,
) -> Signature | None:
    """The canvas that delivers a plan, or None if it has to be delivered directly.

    `signature` makes the immutable signature of a subtask. `seam` makes that of a no-op, on the queue of
    the subtask it is given. None means: not series-parallel, or more than `limit` signatures carried.

    Raises:
        ValueError: the plan has a cycle, or needs what it does not have.
    """
    tree = decompose(needs)
    if tree is None:
        return None
    whole = with_seams(tree)
    if weight(whole).carried > limit:
        return None

    def join(kind: Kind, name: str, parts: Sequence[Signature]) -> Signature:
        if kind == "parallel":
            return group(list(parts))
        if kind == "series":
            return chain(*parts)
        return seam(name) if kind == "seam" else signature(name)

    return _grow(whole, lambda part: (part.kind, part.name, part.parts), join)


def decompose(needs: Mapping[str, Iterable[str]]) -> Tree | None:
    """The series-parallel tree of a plan, or None if there is none (or the plan is empty).

    Raises:
        ValueError: the plan has a cycle, or needs what it does not have.
    """
    if not needs:
        return None
    names, before, after = closure(needs)

    def split(members: int) -> _Split[int]:
        if members & (members - 1) == 0:
            return "node", names[members.bit_length() - 1], ()
        parallel = list(_components(members, lambda one: before[one] | after[one]))
        if len(parallel) > 1:
            return "parallel", "", parallel
        series = list(_components(members, lambda one: members & ~(before[one] | after[one])))
        if len(series) == 1:
            raise NotSeriesParallel
        # Parts are modules, so any member of one tells how much of the rest comes before it.
        series.sort(key=lambda part: (before[_lowest(part)] & members).bit_count())
        return "series", "", series

    try:
        return _grow((1 << len(names)) - 1, split, lambda kind, name, parts: Tree(kind, name, tuple(parts)))
    except NotSeriesParallel:
        return None


def with_seams(tree: Tree) -> Tree:
    """The same tree with a no-op at the two places where Celery 5.7 mis-handles nesting.

    Between two parallel parts in a row it sends the second one early, once per member of the first. And
    a series that ends in a parallel part, as one of several members of a chord header, never completes
    its chord when results are ignored.
    """

    def split(seed: tuple[Tree, bool]) -> _Split[tuple[Tree, bool]]:
        part, in_header = seed
        if part.kind != "series":
            return part.kind, part.name, [(inner, in_header) for inner in part.parts]
        seeds = []
        for index, inner in enumerate(part.parts):
            last = index == len(part.parts) - 1
            seeds.append((inner, in_header or not last))  # a parallel part with something after it is a header
            if inner.kind == "parallel" and (in_header if last else part.parts[index + 1].kind == "parallel"):
                seeds.append((Tree("seam", first(inner)), in_header))
        return "series", "", seeds

    return _grow((tree, False), split, lambda kind, name, parts: Tree(kind, name, tuple(parts)))


def weight(tree: Tree) -> Weight:
    """What the tree costs: quadratic in its length, because each message carries all that comes after it."""

    def join(kind: Kind, name: str, parts: Sequence[Weight]) -> Weight:  # noqa: ARG001 - the shape _grow calls
        if kind in ("node", "seam"):
            return Weight(1, 1)
        later = carried = 0
        for part in reversed(parts):
            carried += part.carried + part.signatures * (later if kind == "series" else 0)
            later += part.signatures
        return Weight(later, carried)

    return _grow(tree, lambda part: (part.kind, part.name, part.parts), join)


def first(tree: Tree) -> str:
    """The name of the tree's first leaf."""
    while tree.parts:
        tree = tree.parts[0]
    return tree.name


def closure(needs: Mapping[str, Iterable[str]]) -> tuple[list[str], list[int], list[int]]:
    """The names, and for each of them all that is before it and all that is after it, as bit sets.

    Raises:
        ValueError: there is a cycle, or a need that is not a name.
    """
    names = list(needs)
    index = {name: at for at, name in enumerate(names)}
    direct = [{index[need] for need in needs[name] if need in index} for name in names]
    if unknown := {need for name in names for need in needs[name]} - set(names):
        raise ValueError(f"the plan needs what it does not have: {', '.join(sorted(unknown))}")
    followers: list[list[int]] = [[] for _ in names]
    for at, needed in enumerate(direct):
        for need in needed:
            followers[need].append(at)
    before, after = [0] * len(names), [0] * len(names)
    order = list(_topological(direct, followers))
    for at in order:
        for follower in followers[at]:
            before[follower] |= before[at] | 1 << at
    for at in reversed(order):
        for follower in followers[at]:
            after[at] |= after[follower] | 1 << follower
    return names, before, after


def _topological(direct: Sequence[set[int]], followers: Sequence[Sequence[int]]) -> Iterator[int]:
    left = [len(needed) for needed in direct]
    free = [at for at, count in enumerate(left) if not count]
    seen = 0
    while free:
        at = free.pop()
        seen += 1
        yield at
        for follower in followers[at]:
            left[follower] -= 1
            if not left[follower]:
                free.append(follower)
    if seen != len(direct):
        raise ValueError("the plan has a cycle")


def _components(members: int, near: Callable[[int], int]) -> Iterator[int]:
    """The connected components of a bit set under a neighbourhood."""
    while members:
        component = todo = members & -members
        members ^= component
        while todo:
            one = todo & -todo
            todo ^= one
            new = near(one.bit_length() - 1) & members
            members ^= new
            component |= new
            todo |= new
        yield component


def _lowest(members: int) -> int:
    return (members & -members).bit_length() - 1


def _grow(
    seed: Seed,
    split: Callable[[Seed], _Split[Seed]],
    join: Callable[[Kind, str, Sequence[Grown]], Grown],
) -> Grown:
    """Split a seed into ever smaller ones, then join what they became, from the leaves up, without recursion."""
    seeds = [seed]
    shapes: list[tuple[Kind, str, slice]] = []
    for current in seeds:  # grows while it is walked: breadth first, so parts come after their whole
        kind, name, smaller = split(current)
        shapes.append((kind, name, slice(len(seeds), len(seeds) + len(smaller))))
        seeds.extend(smaller)
    grown: list[Any] = [None] * len(seeds)
    for at in range(len(seeds) - 1, -1, -1):
        kind, name, parts = shapes[at]
        grown[at] = join(kind, name, grown[parts])
    result: Grown = grown[0]
    return result
