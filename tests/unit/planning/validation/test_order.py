"""The order of a plan."""

import pytest

from aether_agents.contracts import Condition, Expect, Subtask, Verify
from aether_agents.planning.validation.order import ancestors, cycle, needs_of, topological


def test_references_imply_needs_and_are_united_with_them() -> None:
    subtask = Subtask(
        id="report",
        tool="r/w",
        args={"a": "${subtasks.one.output}", "b": ["x ${subtasks.two.output.y}"]},
        needs=("zero", "one"),
        if_=Condition(ref="${subtasks.three.output.count}", op="gt", value=0),
        for_each="${subtasks.four.output}",
    )
    assert needs_of(subtask) == ("zero", "one", "two", "four", "three")


def test_what_is_read_afterwards_is_no_need() -> None:
    verify = Verify(tool="r/r", args={"id": "${subtasks.make.output.id}"}, expect=Expect(path="there"))
    assert needs_of(Subtask(id="make", tool="r/w", verify=verify)) == ()


def test_topological_order_keeps_the_given_order_where_it_can() -> None:
    assert topological({"d": ["b"], "a": [], "c": ["a"], "b": ["a"]}) == ["a", "c", "b", "d"]


@pytest.mark.parametrize(
    ("needs", "ring"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, ()),
        ({"a": ["b"], "b": ["a"]}, ("a", "b", "a")),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c", "a")),
        ({"a": ["a"]}, ("a", "a")),
        ({"a": ["gone"]}, ()),
    ],
)
def test_a_ring_is_named(needs: dict[str, list[str]], ring: tuple[str, ...]) -> None:
    assert cycle(needs) == ring


def test_a_long_chain_needs_no_deep_stack() -> None:
    needs = {f"s{n}": [f"s{n - 1}"] if n else [] for n in range(5_000)}
    assert cycle(needs) == ()
    assert topological(needs)[-1] == "s4999"
    assert len(ancestors("s4999", needs)) == 4_999
