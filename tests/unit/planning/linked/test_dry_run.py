"""What the calls of a plan would be, from what its dry run found."""

from collections.abc import Mapping
from typing import Any

from aether_agents.contracts import DryCall, Outcome, Plan, PlannedSubtask, Risk
from aether_agents.planning.linked.dry_run import ITEMS, dry_calls, left_out, only_reading
from aether_agents.settings.policy import PolicySettings


def step(name: str, risk: Risk = Risk.READ, *needs: str, **more: Any) -> PlannedSubtask:
    document = {"id": name, "tool": "files/do", "needs": needs, "specialist": "dev", "risk": risk, "only_read": True}
    return PlannedSubtask.model_validate({**document, **more})


def calls(*steps: PlannedSubtask, found: Mapping[str, Any], **policy: Any) -> list[DryCall]:
    plan = Plan(name="p", description="p", origin="file", subtasks=steps)
    given = {
        name: one if isinstance(one, Outcome) else Outcome(status="completed", output=one)
        for name, one in found.items()
    }
    return dry_calls(only_reading(plan), given, PolicySettings(**policy))


def test_only_what_reads_and_asks_nobody_is_called() -> None:
    assert left_out(step("a")) == ""
    assert "write" in left_out(step("a", Risk.WRITE))
    assert left_out(step("a", approval="required"))
    assert left_out(step("a", needs_approval=True))
    assert left_out(step("a", asked_because="it may have run"))
    assert left_out(step("a", tool=None, review={"of": "b", "as": "text"}))
    assert left_out(step("a", Risk.WRITE, only_read=False)) == ""


def test_arguments_are_resolved_as_far_as_they_are_known() -> None:
    look, make, tell = (
        step("look"),
        step("make", Risk.WRITE, "look", args={"n": "${subtasks.look.output.n}", "key": "${secrets.token}"}),
        step("tell", Risk.READ, "make", args={"path": "in ${subtasks.make.output.path}"}),
    )
    found = calls(look, make, tell, found={"look": {"n": 7}, "make": Outcome(status="skipped", error="dry run")})
    assert [one.state for one in found] == ["called", "would", "would"]
    assert found[1].arguments == {"n": 7, "key": "${secrets.token}"}
    assert found[1].unknown == ()
    assert found[2].arguments == {"path": "in ${subtasks.make.output.path}"}
    assert found[2].unknown == ("${subtasks.make.output.path}",)
    assert "goes by `make`" in found[2].why


def test_a_value_that_looks_like_a_reference_is_not_followed() -> None:
    steps = step("look"), step("make", Risk.WRITE, "look", args={"text": "${subtasks.look.output}"})
    [_, made] = calls(*steps, found={"look": "${secrets.token}"})
    assert (made.arguments, made.unknown) == ({"text": "${secrets.token}"}, ())


def test_a_condition_is_decided_where_it_can_be() -> None:
    known = {"if": {"ref": "${subtasks.look.output.n}", "op": "gt", "value": 9}}
    open_ = {"if": {"ref": "${subtasks.make.output.n}", "op": "eq", "value": 1}}
    found = calls(
        step("look"),
        step("make", Risk.WRITE, "look"),
        step("no", Risk.WRITE, "look", **known),
        step("after", Risk.WRITE, "no"),
        step("perhaps", Risk.WRITE, "make", **open_),
        step("later", Risk.WRITE, "perhaps"),
        found={"look": {"n": 7}, "make": Outcome(status="skipped", error="dry run")},
    )
    assert [one.state for one in found] == ["called", "would", "would_not", "would_not", "unknown", "unknown"]


def test_a_list_gives_a_call_for_each_item_or_says_that_it_is_not_known() -> None:
    each = {"for_each": "${subtasks.look.output}", "args": {"path": "${item.at}"}}
    found = calls(step("look"), step("put", Risk.WRITE, "look", **each), found={"look": [{"at": "a"}, {"at": "b"}]})
    assert [one.arguments for one in found[1:]] == [{"path": "a"}, {"path": "b"}]
    [_, none] = calls(step("look"), step("put", Risk.WRITE, "look", **each), found={"look": []})
    assert (none.state, none.times) == ("would_not", 0)
    many = calls(step("look"), step("put", Risk.WRITE, "look", **each), found={"look": [{"at": "a"}] * (ITEMS + 5)})
    assert len(many) == 1 + ITEMS
    assert sum(one.times or 0 for one in many[1:]) == ITEMS + 5
    unknown = {**each, "for_each": "${subtasks.make.output}"}
    steps = step("make", Risk.WRITE), step("put", Risk.WRITE, "make", **unknown)
    [_, put] = calls(*steps, found={"make": Outcome(status="skipped", error="dry run")})
    assert (put.times, put.unknown) == (None, ("${item.at}",))


def test_who_would_be_asked_is_told() -> None:
    one = step("drop", Risk.DESTRUCTIVE, needs_approval=True)
    assert calls(one, found={})[0].asks == "Supervisor or Owner"
    found = calls(one, found={}, four_eyes=True, approvers=2)
    assert found[0].asks == "2 people, each Supervisor or Owner, not who asked for the task"
    review = step("see", tool=None, review={"of": "look", "as": "text", "covers": ["drop"]}, needs_approval=True)
    covered = step("drop", Risk.DESTRUCTIVE, "see", reviewed_by="see")
    found = calls(step("look"), review, covered, found={"look": "x"})
    assert (found[1].risk, found[1].asks) == (Risk.DESTRUCTIVE, "Supervisor or Owner")
    assert found[2].asks == "by the review `see`"


def test_after_a_read_that_failed_nothing_would_be_called_unless_its_plan_goes_on() -> None:
    failed = {"look": Outcome(status="failed", error="no such file", error_kind="tool_error")}
    found = calls(step("look"), step("make", Risk.WRITE, "look"), found=failed)
    assert [(one.state, one.why) for one in found] == [("failed", "no such file"), ("would_not", "`look` failed")]
    found = calls(step("look", on_failure="continue"), step("make", Risk.WRITE, "look"), found=failed)
    assert found[1].state == "would"
