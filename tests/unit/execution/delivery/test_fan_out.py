"""A list becomes children, and their results become one."""

import pytest

from aether_agents.contracts import Call, Expect, Outcome, PlannedSubtask, Risk, Verify
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.execution.delivery.fan_out import MOST_ITEMS, children_of, joined

EACH = PlannedSubtask(
    id="each",
    tool="a/b",
    specialist="dev",
    risk=Risk.COSTLY,
    needs=("list",),
    needs_approval=True,
    for_each="${subtasks.list.output}",
    max_parallel=2,
    args={"name": "${item.name}", "all": "${item}", "other": "${subtasks.list.output[0]}"},
    verify=Verify(tool="a/c", args={"name": "${item.name}"}, expect=Expect(path="")),
    compensate=Call(tool="a/d", args={"name": "${item.name}"}),
)


def test_each_item_makes_a_child_with_the_item_in_its_arguments():
    first, second = children_of(EACH, [{"name": "x"}, {"name": "y"}])
    assert (first.id, second.id) == ("each#0", "each#1")
    assert first.args == {"name": "x", "all": {"name": "x"}, "other": "${subtasks.list.output[0]}"}
    assert second.verify.args == second.compensate.args == {"name": "y"}
    assert (first.for_each, first.max_parallel, first.needs) == (None, None, ("list",))


def test_an_item_that_looks_like_a_reference_stays_what_it_is():
    (child,) = children_of(EACH, [{"name": "${secrets.token}"}])
    assert child.args["name"] == "$${secrets.token}"


def test_a_yes_to_the_whole_is_a_yes_to_each():
    (child,) = children_of(EACH, [{"name": "x"}], answered=True)
    assert child.approved_up_to is Risk.COSTLY
    assert not child.needs_approval
    (child,) = children_of(EACH, [{"name": "x"}])
    assert child.approved_up_to is None


@pytest.mark.parametrize("items", ["text", {"a": 1}, 5, None])
def test_what_is_no_list_is_named(items):
    with pytest.raises(InvalidPlan, match="`for_each` needs a list"):
        children_of(EACH, items)


def test_too_many_items_are_named_with_the_fix():
    with pytest.raises(InvalidPlan, match="split the list"):
        children_of(EACH, [{"name": "x"}] * (MOST_ITEMS + 1))


def test_an_item_without_what_is_referred_to_is_named():
    with pytest.raises(ReferenceMissing, match="name"):
        children_of(EACH, [{"other": 1}])


def done(output) -> Outcome:
    return Outcome(status="completed", output=output)


BAD = Outcome(status="failed", error="no", error_kind="timeout")


def test_the_join_has_the_results_in_the_order_of_the_list():
    outcome = joined(EACH, ["each#0", "each#1"], {"each#1": done(2), "each#0": done(1)})
    assert (outcome.status, outcome.output) == ("completed", [1, 2])


def test_a_child_that_failed_fails_the_join_with_its_reason():
    outcome = joined(EACH, ["each#0", "each#1"], {"each#0": done(1), "each#1": BAD})
    assert (outcome.status, outcome.error_kind) == ("failed", "timeout")
    assert outcome.error == "1 of 2 failed; `each#1`: no"


def test_a_child_may_fail_where_the_plan_lets_it():
    lenient = EACH.model_copy(update={"on_failure": "continue"})
    outcome = joined(lenient, ["each#0", "each#1"], {"each#0": BAD, "each#1": done(2)})
    assert (outcome.status, outcome.output) == ("completed", [None, 2])
