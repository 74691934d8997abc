"""A plan becomes chain, group and chord with exactly its order; a plan that cannot is left to direct delivery."""

import pytest
from celery import Celery
from celery.canvas import Signature, _chain, _chord

from aether_agents.execution.delivery.canvas import compile, decompose, weight, with_seams

app = Celery("canvas-test", broker="memory://", backend="cache+memory://", set_as_current=False)


def signature(name: str) -> Signature:
    return app.signature("dev.run_subtask", args=(name,), immutable=True)


def seam(name: str) -> Signature:
    return app.signature("dev.seam", immutable=True)


def test_the_smallest_plan_that_no_canvas_can_express():
    n: dict[str, list[str]] = {"a": [], "b": [], "c": ["a", "b"], "d": ["b"]}
    assert decompose(n) is None
    assert compile(n, signature, seam, limit=10**9) is None


def test_one_after_another_is_a_chain_and_a_join_is_a_chord():
    steps = compile({"a": [], "b": ["a"], "c": ["b"]}, signature, seam, limit=100)
    assert isinstance(steps, _chain)
    assert [task.args[0] for task in steps.tasks] == ["a", "b", "c"]

    join = compile({"a": [], "b": [], "z": ["a", "b"]}, signature, seam, limit=100)
    assert isinstance(join, _chord)
    assert {task.args[0] for task in join.tasks} == {"a", "b"}
    assert join.body.args[0] == "z"


def test_every_signature_is_immutable():
    canvas = compile({"a": [], "b": ["a"]}, signature, seam, limit=100)
    assert all(task.immutable for task in canvas.tasks)


def test_a_seam_stands_between_two_parallel_parts_in_a_row():
    layers = {"a": [], "b": [], "c": ["a", "b"], "d": ["a", "b"]}
    whole = with_seams(decompose(layers))
    assert [part.kind for part in whole.parts] == ["parallel", "seam", "parallel"]
    assert whole.parts[1].name in ("a", "b")  # the seam runs on the queue of what it follows


def test_a_seam_ends_a_series_in_a_chord_header():
    needs = {"a": [], "b": ["a"], "c": ["a"], "d": [], "z": ["b", "c", "d"]}  # (a > (b & c)) & d, then z
    whole = with_seams(decompose(needs))
    inner = next(part for part in whole.parts[0].parts if part.kind == "series")
    assert [part.kind for part in inner.parts] == ["node", "parallel", "seam"]


def test_where_celery_is_right_there_is_no_seam():
    needs = {"a": [], "b": ["a"], "c": ["a"], "z": ["b", "c"], "y": ["z"], "x": ["z"]}
    assert with_seams(decompose(needs)) == decompose(needs)


def test_the_weight_counts_what_every_message_carries():
    chain_of_four = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}
    assert weight(decompose(chain_of_four)) == (4, 4 + 3 + 2 + 1)
    fan_in = {"a": [], "b": [], "c": [], "z": ["a", "b", "c"]}
    assert weight(decompose(fan_in)) == (4, 3 * 2 + 1)  # each header member carries the body


def test_a_plan_above_the_limit_is_left_to_direct_delivery():
    needs = {f"v{at}": [f"v{at - 1}"] if at else [] for at in range(10)}  # carries 55
    assert compile(needs, signature, seam, limit=55) is not None
    assert compile(needs, signature, seam, limit=54) is None


def test_an_empty_plan_has_no_canvas():
    assert compile({}, signature, seam, limit=100) is None


def test_a_cycle_and_an_unknown_need_are_named():
    with pytest.raises(ValueError, match="cycle"):
        decompose({"a": ["b"], "b": ["a"]})
    with pytest.raises(ValueError, match="needs what it does not have: ghost"):
        decompose({"a": ["ghost"]})
