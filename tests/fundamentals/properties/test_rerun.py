"""What a retry takes over and what it runs, of any plan that ended in any way."""

from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from aether_agents.contracts import Outcome, Plan, PlannedSubtask, RerunOf, Risk, SubtaskStatus
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import WrongStatus
from aether_agents.planning.linked.call_digest import writer
from aether_agents.planning.linked.rerun_plan import Before, rerun

KINDS = ("tool_error", "timeout", "lost", "policy", "transport")


class Case(NamedTuple):
    """A plan, and what became of it."""

    plan: Plan
    left: list[EndedSubtask]
    start: str
    changed: frozenset[str]
    undone: frozenset[str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A random plan of reads and changes that ended: what needs something that failed never ran."""
    steps: list[PlannedSubtask] = []
    left: list[EndedSubtask] = []
    bad: set[str] = set()
    for number in range(draw(st.integers(1, 9))):
        name = f"s{number}"
        needs = tuple(one.id for one in steps if draw(st.integers(0, 2)) == 0)
        risk = draw(st.sampled_from([Risk.READ, Risk.READ, Risk.WRITE, Risk.DESTRUCTIVE]))
        more: dict[str, Any] = {
            "risk": risk,
            "repeatable": risk is Risk.READ or draw(st.integers(0, 3)) == 0,
            "approval": draw(st.sampled_from(["auto", "auto", "required"])),
            "tool": draw(st.sampled_from(["a/changes", "a/creates"])),
        }
        steps.append(PlannedSubtask(id=name, needs=needs, specialist="dev", **more))
        if any(need in bad for need in needs):
            status, outcome = "skipped", Outcome(status="skipped", sent=False)
        else:
            status = draw(st.sampled_from(["completed", "completed", "failed", "cancelled"]))
            kind: Any = draw(st.sampled_from(KINDS)) if status == "failed" else None
            ended: Any = status
            outcome = Outcome(status=ended, error_kind=kind, sent=draw(st.booleans()))
        if status != "completed":
            bad.add(name)
        calls = 0 if status == "skipped" else 1
        left.append(EndedSubtask(name, steps[-1], SubtaskStatus(status), calls, outcome, number))
    names = [one.id for one in steps]
    changed = frozenset(draw(st.sets(st.sampled_from(names), max_size=2)))
    undone = frozenset(draw(st.sets(st.sampled_from(names), max_size=1))) - bad
    start = draw(st.sampled_from(["", "", *names]))
    now = [one.model_copy(update={"args": {"x": 1}}) if one.id in changed else one for one in steps]
    plan = Plan(name="p", description="d", origin="file", subtasks=tuple(now))
    return Case(plan, left, start, changed, undone)


def again(case: Case) -> Plan | None:
    """The plan with what it takes over; none where nothing would run."""
    of = RerunOf(task_id="old", start=case.start, chain=("old",))
    try:
        return rerun(
            case.plan, Before(case.left, case.undone), of, old=writer({}), new=writer({}),
            creates=lambda ref: ref == "a/creates", made_by={}, with_items=lambda one, _: one, answers=lambda _: "",
        )  # fmt: skip
    except WrongStatus:
        return None


def must(case: Case) -> set[str]:
    """What runs for its own sake, and all that depends on it."""
    own = {one.id for one in case.left if one.status is not SubtaskStatus.COMPLETED}
    own |= case.changed | case.undone | ({case.start} if case.start else set())
    for one in case.plan.subtasks:
        if any(need in own for need in one.needs):
            own.add(one.id)
    return own


@given(cases())
def test_all_is_taken_over_or_runs_and_what_is_done_is_not_done_for_a_read(case: Case) -> None:
    plan, wanted = again(case), must(case)
    assert (plan is None) == (not wanted)
    if plan is None or plan.rerun is None:
        return
    kept, runs = {one.subtask for one in plan.rerun.kept}, {one.subtask for one in plan.rerun.again}
    assert (kept | runs, kept & runs) == ({one.id for one in case.plan.subtasks}, set())
    assert wanted <= runs
    by_id = {one.id: one for one in case.plan.subtasks}
    for name in runs - wanted:  # only what is safe to repeat runs without a reason of its own
        assert by_id[name].risk is Risk.READ or by_id[name].repeatable
    assert all(one.why for one in plan.rerun.again)


@given(cases())
def test_reads_right_before_a_change_are_as_new_as_the_change(case: Case) -> None:
    plan, wanted = again(case), must(case)
    if plan is None or plan.rerun is None:
        return
    runs = {one.subtask for one in plan.rerun.again}
    by_id = {one.id: one for one in case.plan.subtasks}
    for name in wanted:
        one = by_id[name]
        if one.risk is Risk.READ or one.tool == "a/creates":
            continue
        ahead = list(one.needs)
        while ahead:
            need = by_id[ahead.pop()]
            made = need.id not in wanted and need.risk is not Risk.READ and not need.repeatable
            assert need.risk is not Risk.READ or need.id in runs
            ahead += () if made else need.needs


@given(cases())
def test_what_may_have_run_or_is_done_never_runs_again_unasked(case: Case) -> None:
    plan = again(case)
    if plan is None or plan.rerun is None:
        return
    runs = {one.subtask for one in plan.rerun.again}
    now = {one.id: one for one in plan.subtasks}
    for one in case.left:
        if one.id not in runs or one.subtask.repeatable or one.id in case.undone:
            continue
        kind = one.outcome.error_kind if one.outcome else None
        sent = one.outcome is not None and one.outcome.sent
        unclear = one.calls and sent and kind not in ("tool_error", "policy")
        if one.status is SubtaskStatus.COMPLETED or (one.status is not SubtaskStatus.SKIPPED and unclear):
            assert now[one.id].asked_because
            assert now[one.id].needs_approval
