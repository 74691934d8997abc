"""Which part of a plan is taken over, which runs, and why."""

from collections.abc import Sequence
from typing import Any

import pytest

from aether_agents.contracts import Outcome, Plan, PlannedSubtask, RerunOf, Risk, SubtaskStatus
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import WrongStatus
from aether_agents.planning.linked.call_digest import writer
from aether_agents.planning.linked.difference import told
from aether_agents.planning.linked.rerun_plan import Before, rerun

READ: dict[str, Any] = {"tool": "files/look", "risk": Risk.READ, "repeatable": True}
WRITE: dict[str, Any] = {"tool": "files/make", "risk": Risk.WRITE, "repeatable": False}


def step(name: str, *needs: str, **more: Any) -> PlannedSubtask:
    return PlannedSubtask(**{"id": name, "needs": needs, "specialist": "dev", **READ, **more})


def left(one: PlannedSubtask, status: str = "completed", calls: int = 1, **outcome: Any) -> EndedSubtask:
    said: Any = {"status": status, **outcome}
    return EndedSubtask(one.id, one, SubtaskStatus(status), calls, Outcome(**said), 1)


def again(steps: Sequence[PlannedSubtask], before: Sequence[EndedSubtask], **more: Any) -> Plan:
    of = RerunOf(task_id="old", chain=("old",), **{name: more.pop(name) for name in ("kind", "start") if name in more})
    plan = Plan(name="p", description="d", origin="file", subtasks=tuple(steps))
    options: dict[str, Any] = {
        "creates": lambda ref: ref == "reports/write",
        "made_by": {},
        "with_items": lambda one, _items: one,
        "answers": lambda _one: "",
        **more,
    }
    undone = options.pop("undone", ())
    return rerun(
        plan, Before(before, undone), of, old=writer({"old": "/r/old"}), new=writer({"new": "/r/new"}), **options
    )


def why(plan: Plan) -> dict[str, str]:
    assert plan.rerun is not None
    return {one.subtask: one.why for one in plan.rerun.again}


def kept(plan: Plan) -> list[str]:
    assert plan.rerun is not None
    return [one.subtask for one in plan.rerun.kept]


def asked(plan: Plan, name: str) -> str:
    return next(one for one in plan.subtasks if one.id == name).asked_because


def test_what_failed_and_what_follows_it_runs() -> None:
    a, b, c, d = step("a"), step("b", "a"), step("c", "b"), step("d", "a")
    before = [left(a), left(b, "failed", error_kind="tool_error"), left(c, "skipped", 0), left(d)]
    plan = again([a, b, c, d], before)
    assert why(plan) == {"b": "failed", "c": "depends on `b`"}
    assert kept(plan) == ["a", "d"]


def test_what_would_be_done_differently_runs() -> None:
    a, b = step("a", args={"path": "/x"}), step("b", "a")
    plan = again([step("a", args={"path": "/y"}), b, step("c")], [left(a), left(b)])
    assert why(plan) == {"a": "its arguments changed", "b": "depends on `a`", "c": "is new in the plan"}


def test_what_names_its_own_task_is_the_same() -> None:
    was = step("a", args={"folder": "/r/old/x", "task": "old-task"})
    bad = step("b")
    plan = again([step("a", args={"folder": "/r/new/x", "task": "old-task"}), bad], [left(was), left(bad, "failed")])
    assert kept(plan) == ["a"]


def test_another_definition_of_a_tool_undoes_nothing_that_is_done() -> None:
    a, b = step("a", pin="1"), step("b")
    assert kept(again([step("a", pin="2"), b], [left(a), left(b, "failed")])) == ["a"]


def test_reads_behind_a_change_that_is_not_made_run_again() -> None:
    look, more = step("look"), step("more")
    make = step("make", "look", **WRITE)
    plan = again([look, more, make], [left(look), left(more), left(make, "failed", error_kind="tool_error")])
    assert list(why(plan)) == ["look", "make"]


def test_no_completed_change_is_made_twice_for_a_read() -> None:
    look = step("look")
    first, second = step("first", "look", **WRITE), step("second", "look", **WRITE)
    last = step("last", "first", **WRITE)
    before = [left(look), left(first), left(second, "failed", error_kind="tool_error"), left(last, "skipped", 0)]
    plan = again([look, first, second, last], before)
    assert kept(plan) == ["first"]


def test_a_report_that_failed_makes_no_scan_run_again() -> None:
    scan = step("scan")
    report = step("report", "scan", tool="reports/write", risk=Risk.WRITE, repeatable=False)
    assert kept(again([scan, report], [left(scan), left(report, "failed")])) == ["scan"]


def test_what_a_person_agrees_to_is_looked_at_again() -> None:
    look, agree = step("look"), step("agree", "look", approval="required")
    apply = step("apply", "agree", tool="reports/write", risk=Risk.WRITE, repeatable=False)
    report = step("report", "apply", "look", tool="reports/write", risk=Risk.WRITE, repeatable=False)
    plan = again(
        [look, agree, apply, report], [left(look), left(agree), left(apply, "failed"), left(report, "skipped")]
    )
    assert kept(plan) == []
    done = [left(look), left(agree), left(apply), left(report, "failed")]
    assert kept(again([look, agree, apply, report], done)) == [
        "look",
        "agree",
        "apply",
    ]  # it is applied: nothing to agree


@pytest.mark.parametrize(
    ("status", "more", "asks"),
    [
        ("failed", {"error_kind": "timeout"}, True),
        ("failed", {"error_kind": "lost"}, True),
        ("failed", {"error_kind": "expectation"}, True),
        ("failed", {"error_kind": "person", "sent": True}, True),  # counted as failed: it may have run
        ("failed", {"error_kind": "person", "sent": False}, False),
        ("failed", {"error_kind": "tool_error"}, False),
        ("failed", {"error_kind": "transport", "sent": False}, False),
        ("cancelled", {}, True),
        ("cancelled", {"sent": False}, False),
        ("skipped", {"sent": False}, False),
    ],
)
def test_what_may_have_run_is_asked_about_whatever_was_said_ahead(status: str, more: Any, asks: bool) -> None:
    make = step("make", **WRITE, approved_up_to=Risk.COSTLY)
    plan = again([make], [left(make, status, **more)])
    assert ("it may have run" in asked(plan, "make")) is asks
    assert plan.subtasks[0].needs_approval is asks
    assert plan.subtasks[0].approved_up_to == (None if asks else Risk.COSTLY)


def test_what_is_done_already_is_asked_about_unless_it_is_said_ahead() -> None:
    make = step("make", **WRITE)
    plan = again([make], [left(make)], start="make")
    assert "done in old already" in asked(plan, "make")
    assert plan.subtasks[0].needs_approval
    ahead = make.model_copy(update={"approved_up_to": Risk.COSTLY})
    assert not again([ahead], [left(make)], start="make").subtasks[0].needs_approval


def test_what_was_undone_runs_and_is_not_asked_about() -> None:
    make = step("make", **WRITE)
    plan = again([make], [left(make)], undone={"make"})
    assert (why(plan), asked(plan, "make")) == ({"make": "was undone"}, "")


def test_a_fork_keeps_what_was_recorded_and_asks_before_each_change() -> None:
    look = step("look")
    make, last = step("make", "look", **WRITE), step("last", "make", **WRITE)
    before = [left(look), left(make), left(last, "skipped", 0)]
    plan = again([look, make, last], before, kind="fork", start="make")
    assert kept(plan) == ["look"]
    assert "done in old already" in asked(plan, "make")
    assert asked(plan, "last") == "a fork asks before each change"
    other = look.model_copy(update={"args": {"path": "/y"}})
    with pytest.raises(WrongStatus, match="fork at `look`"):
        again([other, make, last], before, kind="fork", start="make")


def test_where_nothing_would_run_it_is_said() -> None:
    a = step("a")
    with pytest.raises(WrongStatus, match="nothing of it would run"):
        again([a], [left(a)])
    with pytest.raises(WrongStatus, match="not a subtask of it"):
        again([a], [left(a)], start="b")


def test_the_difference_in_words_has_a_bound() -> None:
    steps = [step(f"s{number}") for number in range(60)]
    before = [left(one, "failed" if number % 2 else "completed") for number, one in enumerate(steps)]
    plan = again(steps, before)
    assert plan.rerun is not None
    text = told(plan.rerun)
    assert "30 run, 30 are taken over" in text
    assert "and 18 more" in text
    assert len(text) < 2_000
