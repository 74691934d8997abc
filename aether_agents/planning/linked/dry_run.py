"""Dry run: the calls of a plan of which only the reads were made, as they were or would be. Pure.

A subtask is left out if it would change anything, if a person would be asked, or if it goes by what was left out: what
a read would find after a change that was not made is not known, and is not told.
"""

from collections.abc import Iterator, Mapping, Sequence

from aether_agents.contracts import (
    CallState,
    Condition,
    DryCall,
    Json,
    Outcome,
    Plan,
    PlannedSubtask,
    Reference,
    Risk,
    asks,
    depends,
    holds,
    resolve,
    walk,
)
from aether_agents.contracts.expressions.condition import MISSING
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.settings.policy import PolicySettings

#: Items of a list that are told one by one; the rest is counted.
ITEMS = 20


def left_out(subtask: PlannedSubtask) -> str:
    """Why a dry run does not call a subtask, whatever its arguments become; empty where it does."""
    if not subtask.only_read:
        return ""
    if subtask.review is not None:
        return "dry run: nobody is asked"
    if subtask.risk is not Risk.READ:
        return f"dry run: not called, its risk is {subtask.risk.value}"
    return "dry run: not called, a person would be asked first" if _would_ask(subtask) else ""


def only_reading(plan: Plan) -> Plan:
    """The plan of which only what reads is called."""
    return plan.model_copy(
        update={"subtasks": tuple(one.model_copy(update={"only_read": True}) for one in plan.subtasks)}
    )


def dry_calls(plan: Plan, outcomes: Mapping[str, Outcome], policy: PolicySettings) -> list[DryCall]:
    """Every call of a plan in its order, from what its dry run found."""
    states: dict[str, tuple[CallState, str]] = {}
    for subtask in plan.subtasks:
        states[subtask.id] = _state(plan, subtask, outcomes, states)
    return [call for one in plan.subtasks for call in _of(plan, one, outcomes, policy, *states[one.id])]


def _of(
    plan: Plan,
    subtask: PlannedSubtask,
    outcomes: Mapping[str, Outcome],
    policy: PolicySettings,
    state: CallState,
    why: str,
) -> Iterator[DryCall]:
    """The calls of one subtask: of a fan-out whose list is known, one for each item."""
    items = _items(subtask, outcomes)
    each = (items or [None])[:ITEMS]
    for index, item in enumerate(each):
        own = _Known(outcomes, item, listed=bool(items) and subtask.for_each is not None)
        args = own.value(dict(subtask.args))
        rest = len(items) - len(each) if items and index == len(each) - 1 else 0
        yield DryCall(
            subtask=subtask.id,
            name=subtask.name,
            tool=subtask.tool or "",
            specialist=subtask.specialist,
            risk=plan.risk_of(subtask),
            state="would_not" if items == [] and state != "unknown" else state,
            arguments=args if isinstance(args, dict) else {},
            unknown=tuple(own.unknown),
            asks=_asks(plan, subtask, policy),
            why=why or ("its list is empty" if items == [] else ""),
            times=None if items is None else 1 + rest if items else 0,
        )


class _Known:
    """The values of references, as far as a dry run knows them; what it does not know stays as it is written."""

    def __init__(self, outcomes: Mapping[str, Outcome], item: Json = None, *, listed: bool = False) -> None:
        self._outcomes = outcomes
        self._item, self._listed = item, listed
        self.unknown: dict[str, None] = {}

    def value(self, expression: Json) -> Json:
        """The value of an expression."""
        try:
            return resolve(expression, self._look_up)
        except InvalidPlan:
            return expression

    def _look_up(self, reference: Reference) -> Json:
        outcome = self._outcomes.get(reference.name) if reference.root == "subtasks" else None
        try:
            if outcome is not None and outcome.status == "completed":
                return walk(outcome.output, reference.path[2:])
            if reference.root == "item" and self._listed:
                return walk(self._item, reference.path)
        except ReferenceMissing:
            pass
        if reference.root != "secrets":
            self.unknown[reference.text] = None
        return reference.text


def _items(subtask: PlannedSubtask, outcomes: Mapping[str, Outcome]) -> list[Json] | None:
    """The list of a fan-out; one item for what is no fan-out, none where it is not known."""
    if subtask.for_each is None:
        return [None]
    known = _Known(outcomes)
    found = known.value(subtask.for_each)
    return found if isinstance(found, list) and not known.unknown else None


def _state(
    plan: Plan,
    subtask: PlannedSubtask,
    outcomes: Mapping[str, Outcome],
    before: Mapping[str, tuple[CallState, str]],
) -> tuple[CallState, str]:
    """What became of a subtask, or would, and why. `before` has those that it needs."""
    outcome = outcomes.get(subtask.id)
    if outcome is not None and outcome.status in ("completed", "failed"):
        return ("called", "") if outcome.status == "completed" else ("failed", outcome.error or "")
    states = {name: before[name][0] for name in subtask.needs if name in before}
    tolerant = {one.id for one in plan.subtasks if one.on_failure == "continue"}
    for name, state in states.items():
        if state == "would_not" or (state == "failed" and name not in tolerant):
            return "would_not", f"`{name}` {'failed' if state == 'failed' else 'would not be called'}"
    if unsure := next((name for name, state in states.items() if state == "unknown"), ""):
        return "unknown", f"goes by `{unsure}`"
    held = True if subtask.if_ is None else _holds(subtask.if_, outcomes)
    if subtask.if_ is not None and held is not True:
        said = f"hangs on {subtask.if_.ref}" if held is None else f"its condition does not hold: {subtask.if_.ref}"
        return ("unknown" if held is None else "would_not"), said
    return "would", _why(plan, subtask, outcome, [name for name, state in states.items() if state == "would"])


def _why(plan: Plan, subtask: PlannedSubtask, outcome: Outcome | None, undone: Sequence[str]) -> str:
    """Why a call that would be made was not made now."""
    if why := left_out(subtask) or (outcome.error if outcome is not None else ""):
        return why
    if undone:
        return f"dry run: goes by `{undone[0]}`, which was not called"
    return "a draft calls nothing before it is accepted" if plan.origin in ("draft", "llm") else "not called"


def _holds(condition: Condition, outcomes: Mapping[str, Outcome]) -> bool | None:
    """Whether a condition holds; none where a real run would have to say it."""
    names = depends(condition.ref)
    if any(name not in outcomes or outcomes[name].status == "skipped" for name in names):
        return None
    known = _Known(outcomes)
    actual = known.value(condition.ref)
    return holds(condition.op, MISSING if known.unknown else actual, condition.value)


def _would_ask(subtask: PlannedSubtask) -> bool:
    return subtask.needs_approval or subtask.approval == "required" or bool(subtask.asked_because)


def _asks(plan: Plan, subtask: PlannedSubtask, policy: PolicySettings) -> str:
    """Who would be asked before a call."""
    if subtask.reviewed_by:
        return f"by the review `{subtask.reviewed_by}`"
    if not _would_ask(subtask):
        return ""
    several = policy.approvers > 1 and asks(plan.risk_of(subtask), "auto", policy.approvers_from)
    count = f"{policy.approvers} people, each " if several else ""
    who = f"{count}{' or '.join(policy.approver_roles)}"
    return f"{who}, not who asked for the task" if policy.four_eyes else who
