"""Any series-parallel plan becomes Celery signatures with exactly its order; any other has an N, and no tree."""

import itertools
import random
import sys
import traceback

from celery import chain
from celery.canvas import _chain
from hypothesis import given
from hypothesis import strategies as st

from aether_agents.execution.delivery.canvas import Tree, compile, decompose, first, weight, with_seams
from tests.fundamentals.properties.posets import canvas_order, has_n, labelled, needs_of, order_of, shapes
from tests.unit.execution.delivery.test_canvas import app, seam, signature


def leaves(tree: Tree) -> list[str]:
    return [tree.name] if tree.kind == "node" else [name for part in tree.parts for name in leaves(part)]


def tree_order(tree: Tree) -> set[tuple[str, str]]:
    order = set().union(*(tree_order(part) for part in tree.parts))
    if tree.kind == "series":
        for one, other in itertools.combinations(tree.parts, 2):
            order |= set(itertools.product(leaves(one), leaves(other)))
    return order


@given(shapes, st.randoms(use_true_random=False), st.sampled_from(["all", "fewest", "some more"]))
def test_a_series_parallel_plan_keeps_its_order_down_to_the_celery_signatures(shape, rnd: random.Random, how: str):
    names, order = labelled(shape, itertools.count())
    needs = needs_of(names, order, how, rnd)
    tree = decompose(needs)
    assert tree is not None
    assert sorted(leaves(tree)) == sorted(names)
    assert tree_order(tree) == order

    canvas = compile(needs, signature, seam, limit=10**9)
    assert canvas_order(canvas) == (set(names), order)
    if isinstance(canvas, _chain):  # what Celery makes of it when it is sent
        clone = canvas.clone()
        tasks, _ = clone.prepare_steps((), {}, clone.tasks, app=app)
        prepared = chain(*reversed(tasks)) if len(tasks) > 1 else tasks[0]
        assert canvas_order(prepared) == (set(names), order)


@given(st.integers(1, 8), st.floats(0.05, 0.6), st.randoms(use_true_random=False))
def test_a_plan_has_no_tree_exactly_if_it_has_an_n(size: int, density: float, rnd: random.Random):
    names = [f"v{at}" for at in range(size)]
    needs = {name: [n for n in names[:at] if rnd.random() < density] for at, name in enumerate(names)}
    tree = decompose(needs)
    assert (tree is None) == has_n(needs)
    if tree is not None:
        assert tree_order(tree) == order_of(needs)


def test_size_is_not_bounded_by_the_recursion_limit():
    size = 300
    comb = {f"v{at}": [] if at % 2 or not at else [f"v{at - 1}", f"v{at - 2}"] for at in range(size)}
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(sum(1 for _ in traceback.walk_stack(None)) + 60)
    try:
        tree = decompose(comb)
        assert tree is not None
        assert weight(with_seams(tree)).signatures >= size
        assert first(tree).startswith("v")
    finally:
        sys.setrecursionlimit(before)
