"""Which part of a plan is taken over from a task that ended, and which runs, and why. Pure.

Taken over is what completed and would be done the same way again. What failed runs, what it would do differently, what
was put back, what a person names, and all that depends on it. A change that is not made yet is made on what is there
now: the reads that it depends on run again, unless the change only creates something that nobody is asked about. No
completed change is made twice because something that was read for it is read again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from aether_agents.contracts import (
    Again,
    Kept,
    Plan,
    PlannedSubtask,
    Rerun,
    RerunOf,
    Risk,
    SubtaskStatus,
    covers,
)
from aether_agents.contracts.view import EndedSubtask
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import WrongStatus
from aether_agents.planning.linked.call_digest import DECISIVE, Portable, content

#: Failures of which it is known that the call did not do it, or was not made.
_CLEAR = frozenset({"tool_error", "arguments", "policy", "document"})

_UNKNOWN = "it may have run in {task}: look before you let it run again"
_MADE = "it was done in {task} already"
_FORKED = "a fork asks before each change"


class Before:
    """What a task left behind, by subtask."""

    def __init__(self, left: Sequence[EndedSubtask], undone: Collection[str] = ()) -> None:
        """`undone`: subtasks that were put back since."""
        self.by_id = {one.id: one for one in left}
        self.undone = frozenset(undone)

    def items(self, subtask_id: str) -> list[EndedSubtask]:
        """The items of a fan-out, in the order of its list."""
        found: list[EndedSubtask] = []
        while (child := self.by_id.get(f"{subtask_id}#{len(found)}")) is not None:
            found.append(child)
        return found


def doubt(one: EndedSubtask, of: RerunOf, undone: Collection[str] = ()) -> str:
    """Why a person is asked before something runs again that is not safe to repeat; empty where it did not run."""
    fan_out = one.subtask.for_each is not None  # its items say it, each of itself
    if one.subtask.repeatable or fan_out or one.id in undone:
        return ""
    if one.status is SubtaskStatus.COMPLETED:
        return _MADE.format(task=of.task_id)
    outcome = one.outcome
    if one.status is SubtaskStatus.SKIPPED or not one.calls:
        return ""
    if outcome is not None and (not outcome.sent or outcome.error_kind in _CLEAR):
        return ""
    return _UNKNOWN.format(task=of.task_id)


def rerun(
    plan: Plan,
    before: Before,
    of: RerunOf,
    *,
    old: Portable,
    new: Portable,
    creates: Callable[[str], bool],
    made_by: Mapping[str, str],
    with_items: Callable[[PlannedSubtask, list[EndedSubtask]], PlannedSubtask],
    answers: Callable[[PlannedSubtask], str],
) -> Plan:
    """The plan with what it takes over, and each subtask that runs marked with what a person has to know of it.

    Args:
        plan: the plan as it would run from its beginning.
        before: what the task that is run again left behind.
        of: that task.
        old: writes what it says so that it does not name itself.
        new: the same of the new task.
        creates: whether a tool only makes something new.
        made_by: the task that made a call of it, where it took that over itself.
        with_items: a fan-out with what became of its items.
        answers: what is to be known of the answer that a person gave before; empty for nothing.

    Raises:
        WrongStatus: `of.start` is none of its subtasks, nothing would run, or a fork would change what comes before.
    """
    needs = {one.id: one.needs for one in plan.subtasks}
    if of.start and of.start not in needs:
        raise WrongStatus(f"`{of.start}` is not a subtask of it{nearest(of.start, needs)}; it has {', '.join(needs)}")
    reasons = _reasons(plan, before, of, old, new)
    if of.kind == "retry":  # a fork goes on from what was recorded
        reasons |= _looks(plan, reasons, creates)
    if not reasons:
        raise WrongStatus(f"all of `{of.task_id}` is done, and nothing of it would run: name a subtask with `--from`")
    subtasks = [_marked(one, before, of, with_items) if one.id in reasons else one for one in plan.subtasks]
    again = [
        Again(
            subtask=one.id,
            tool=one.tool or "",
            risk=one.risk,
            why=reasons[one.id] + _items(one),
            asks=_asks(one, answers(one)),
        )
        for one in subtasks
        if one.id in reasons
    ]
    kept = [Kept(subtask=name, made_by=made_by.get(name, of.task_id)) for name in needs if name not in reasons]
    return plan.model_copy(
        update={"subtasks": tuple(subtasks), "rerun": Rerun(of=of, kept=tuple(kept), again=tuple(again))}
    )


def _reasons(plan: Plan, before: Before, of: RerunOf, old: Portable, new: Portable) -> dict[str, str]:
    """What runs, and why: by itself, or because something does that it depends on."""
    reasons: dict[str, str] = {}
    for one in plan.subtasks:
        if one.id == of.start:
            reasons[one.id] = "you named it"
        elif first := next((name for name in one.needs if name in reasons), None):
            reasons[one.id] = f"depends on `{first}`"
        elif own := _own_reason(one, before, old, new):
            _require_after(one, of, own, before)
            reasons[one.id] = own
    return reasons


def _require_after(one: PlannedSubtask, of: RerunOf, reason: str, before: Before) -> None:
    """A fork goes on from recorded results: nothing that was done before its place may turn out otherwise."""
    done = before.by_id.get(one.id)
    if of.kind == "fork" and done is not None and done.status is SubtaskStatus.COMPLETED:
        raise WrongStatus(
            f"`{one.id}` comes before `{of.start}` and would run too ({reason}): fork at `{one.id}`, or leave that out"
        )


def _own_reason(one: PlannedSubtask, before: Before, old: Portable, new: Portable) -> str:
    done = before.by_id.get(one.id)
    if done is None:
        return "is new in the plan"
    if one.id in before.undone or any(child.id in before.undone for child in before.items(one.id)):
        return "was undone"
    if done.status is not SubtaskStatus.COMPLETED or done.outcome is None:
        refused = (
            done.status is SubtaskStatus.FAILED and done.outcome is not None and done.outcome.error_kind == "person"
        )
        return "was refused" if refused else _ENDED.get(done.status, "has no result")
    was, now = content(done.subtask, old), content(one, new)
    if was != now and isinstance(was, dict) and isinstance(now, dict):
        names = [name.rstrip("_") for name in DECISIVE if was[name] != now[name]]
        return f"its {' and '.join(_SAID.get(name, f'`{name}`') for name in names)} changed"
    return ""


_ENDED = {
    SubtaskStatus.FAILED: "failed",
    SubtaskStatus.SKIPPED: "was skipped",
    SubtaskStatus.CANCELLED: "was cancelled",
}
_SAID = {"args": "arguments", "for_each": "list", "if": "condition", "tool": "tool"}


def _looks(plan: Plan, reasons: Mapping[str, str], creates: Callable[[str], bool]) -> dict[str, str]:
    """The reads that a change depends on which is not made yet: they run again, with what only puts them into words."""
    by_id = {one.id: one for one in plan.subtasks}
    made = {one.id for one in plan.subtasks if _is_made(one, reasons)}
    asked: set[str] = set()  # something that a person is asked about is behind these, before any change that is made
    for one in plan.subtasks:
        if any(_asks_first(by_id[name]) or (name in asked and name not in made) for name in one.needs):
            asked.add(one.id)
    found: dict[str, str] = {}
    behind: set[str] = set()
    for one in plan.subtasks:
        changes = one.id in reasons and one.risk is not Risk.READ
        if changes and (one.id in asked or _asks_first(one) or not creates(one.tool or "")):
            for name in _behind(one, by_id, made, behind):
                if name not in reasons and by_id[name].risk is Risk.READ:
                    found[name] = f"`{one.id}` goes by it, and is not done yet"
    for one in plan.subtasks:
        stays = one.id in reasons or one.id in found or one.id in made
        if one.id in behind and not stays and any(name in found for name in one.needs):
            found[one.id] = "shows what is read again"
    return found


def _is_made(one: PlannedSubtask, reasons: Mapping[str, str]) -> bool:
    """Whether a subtask is a change that is made, and stays as it is."""
    return one.id not in reasons and one.risk is not Risk.READ and not one.repeatable


def _asks_first(one: PlannedSubtask) -> bool:
    return one.needs_approval or one.approval == "required" or one.review is not None


def _behind(
    one: PlannedSubtask, by_id: Mapping[str, PlannedSubtask], made: Collection[str], seen: set[str]
) -> Iterator[str]:
    """What a change depends on, as far as the changes that are made already; not what was `seen` before."""
    ahead = list(one.needs)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            yield name
            ahead += by_id[name].needs if name not in made else ()


def _marked(
    one: PlannedSubtask,
    before: Before,
    of: RerunOf,
    with_items: Callable[[PlannedSubtask, list[EndedSubtask]], PlannedSubtask],
) -> PlannedSubtask:
    """A subtask that runs, with why a person is asked before it if it may have run, or been done, already."""
    items = before.items(one.id)
    whys = [doubt(done, of, before.undone) for done in (before.by_id.get(one.id), *items) if done is not None]
    why = "" if one.repeatable else next(filter(None, whys), "")
    if one.for_each is not None and of.kind == "retry":
        one = with_items(one, items)
    if of.kind == "fork" and one.risk is not Risk.READ:
        why = why or _FORKED
    if not why:
        return one
    ahead = one.approved_up_to if of.kind == "retry" and why == _MADE.format(task=of.task_id) else None
    asked = one.for_each is None and not covers(ahead, one.risk)
    return one.model_copy(update={"asked_because": why, "approved_up_to": ahead, "needs_approval": asked})


def _items(one: PlannedSubtask) -> str:
    """How many items of a fan-out are done."""
    each = one.kept_items.each if one.kept_items is not None else ()
    done = sum(bool(item.call) for item in each)
    return f"; {done} of {len(each)} items are taken over if the list is the same" if done else ""


def _asks(one: PlannedSubtask, answer: str) -> str:
    if one.kept_items is not None:  # what is done is taken over, if the list is the same
        return next((item.why for item in one.kept_items.each if item.why and not item.call), "")
    if one.asked_because:
        return one.asked_because
    if not _asks_first(one):
        return ""
    return answer or ("its plan asks about it" if one.review is not None else "policy asks before it")
