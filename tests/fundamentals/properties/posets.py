"""Random posets, and the order a real Celery signature tree has. Written apart from canvas.py on purpose."""

import itertools
import random
from collections.abc import Iterable
from typing import Any

from celery.canvas import Signature, _chain, _chord, group
from hypothesis import strategies as st

Order = set[tuple[str, str]]
Needs = dict[str, list[str]]

shapes = st.recursive(
    st.just("leaf"),
    lambda inner: st.tuples(st.sampled_from(["series", "parallel"]), st.lists(inner, min_size=2, max_size=4)),
    max_leaves=24,
)


def labelled(shape: Any, numbers: Iterable[int]) -> tuple[list[str], Order]:
    """The names of a shape's leaves, and every pair of which the first comes before the second."""
    if shape == "leaf":
        return [f"v{next(iter(numbers))}"], set()
    parts = [labelled(inner, numbers) for inner in shape[1]]
    order: Order = set().union(*(part[1] for part in parts))
    if shape[0] == "series":
        for one, other in itertools.combinations(parts, 2):
            order |= set(itertools.product(one[0], other[0]))
    return [name for part in parts for name in part[0]], order


def needs_of(names: list[str], order: Order, how: str, rnd: random.Random) -> Needs:
    """Needs that have exactly that order: all pairs, the fewest, or the fewest and some more."""
    fewest = {(a, b) for a, b in order if not any((a, c) in order and (c, b) in order for c in names)}
    keep = order if how == "all" else fewest if how == "fewest" else fewest | {e for e in order if rnd.random() < 0.3}
    shuffled = rnd.sample(names, len(names))
    return {name: [a for a, b in keep if b == name] for name in shuffled}


def order_of(needs: Needs) -> Order:
    """Every pair of which the first comes before the second, by plain search."""
    order: Order = set()
    for name in needs:
        todo = list(needs[name])
        while todo:
            before = todo.pop()
            if (before, name) not in order:
                order.add((before, name))
                todo += needs[before]
    return order


def has_n(needs: Needs) -> bool:
    """Whether four of them form an N (brute force)."""
    order = order_of(needs)

    def apart(a: str, b: str) -> bool:
        return (a, b) not in order and (b, a) not in order

    return any(
        {(a, c), (b, c), (b, d)} <= order and apart(a, d) and apart(a, b) and apart(c, d)
        for a, b, c, d in itertools.permutations(needs, 4)
    )


def canvas_order(canvas: Signature) -> tuple[set[str], Order]:
    """Names and order of a real Celery signature tree, seams left out."""
    if isinstance(canvas, _chord):
        tasks = canvas.tasks.tasks if isinstance(canvas.tasks, group) else canvas.tasks
        header = _side_by_side([canvas_order(task) for task in tasks])
        return _one_after_another([header, canvas_order(canvas.body)]) if canvas.body else header
    if isinstance(canvas, group):
        return _side_by_side([canvas_order(task) for task in canvas.tasks])
    if isinstance(canvas, _chain):
        return _one_after_another([canvas_order(task) for task in canvas.tasks])
    return ({canvas.args[0]} if canvas.args else set()), set()


def _side_by_side(parts: list[tuple[set[str], Order]]) -> tuple[set[str], Order]:
    return set().union(*(names for names, _ in parts)), set().union(*(order for _, order in parts))


def _one_after_another(parts: list[tuple[set[str], Order]]) -> tuple[set[str], Order]:
    names: set[str] = set()
    order: Order = set()
    for more, inner in parts:
        order |= inner | set(itertools.product(names, more))
        names |= more
    return names, order
