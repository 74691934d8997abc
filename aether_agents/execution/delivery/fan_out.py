"""Fan-out: one subtask with a list becomes one child per item, and then the join of their results."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aether_agents.contracts import (
    Call,
    Json,
    Outcome,
    PlannedSubtask,
    Reference,
    Verify,
    escape,
    substitute,
    walk,
)
from aether_agents.errors import InvalidPlan

#: Items one subtask may fan out to: each is a call, a sealed document and three events.
MOST_ITEMS = 1_000


class Items(NamedTuple):
    """The children of a fan-out, and which of them another task has done already."""

    children: list[PlannedSubtask]
    kept: Mapping[int, str] = {}  #: by place, the task that made the call


def children_of(subtask: PlannedSubtask, items: Json, *, answered: bool = False) -> list[PlannedSubtask]:
    """One subtask per item, `id#0`, `id#1` …; `${item}` in it has become the item.

    `answered`: a person said yes to the whole, as it was planned; then no child asks again for that risk.

    Raises:
        InvalidPlan: the items are no list or too many, or a reference to the item is malformed.
        ReferenceMissing: a reference leads nowhere in an item.
    """
    if not isinstance(items, list):
        raise InvalidPlan(f"`for_each` needs a list, and got {type(items).__name__}")
    if len(items) > MOST_ITEMS:
        raise InvalidPlan(
            f"`for_each` got {len(items)} items, more than {MOST_ITEMS}: split the list over several tasks"
        )
    return [_child(subtask, index, item, answered) for index, item in enumerate(items)]


def joined(subtask: PlannedSubtask, children: Sequence[str], outcomes: Mapping[str, Outcome]) -> Outcome:
    """The result of a fan-out: its children's outputs in the order of the list, unless one of them failed it."""
    results = [(child, outcomes[child]) for child in children if child in outcomes]
    failed = [(child, outcome) for child, outcome in results if outcome.failed]
    if failed and subtask.on_failure == "fail":
        child, outcome = failed[0]
        return Outcome(
            status="failed",
            error=f"{len(failed)} of {len(children)} failed; `{child}`: {outcome.error}",
            error_kind=outcome.error_kind,
        )
    outputs: list[Json] = [outcome.output if outcome.status == "completed" else None for _, outcome in results]
    return Outcome(status="completed", output=outputs)


def _child(subtask: PlannedSubtask, index: int, item: Json, answered: bool) -> PlannedSubtask:
    def place(reference: Reference) -> Json:
        if reference.root != "item":
            return reference.text
        return escape(walk(item, reference.path))

    def placed(args: Mapping[str, Json]) -> dict[str, Json]:
        return {name: substitute(value, place) for name, value in args.items()}

    return subtask.model_copy(
        update={
            "id": f"{subtask.id}#{index}",
            "args": placed(subtask.args),
            "verify": _verify(subtask.verify, placed(subtask.verify.args)) if subtask.verify else None,
            "compensate": _call(subtask.compensate, placed(subtask.compensate.args)) if subtask.compensate else None,
            "if_": None,  # decided once, before the fan-out
            "for_each": None,
            "max_parallel": None,
            "kept_items": None,
            "needs_approval": False,
            "unchanged": None,  # looked at once, before the fan-out
            "approved_up_to": subtask.risk if answered else subtask.approved_up_to,
        }
    )


def _verify(verify: Verify, args: dict[str, Json]) -> Verify:
    return verify.model_copy(update={"args": args})


def _call(call: Call, args: dict[str, Json]) -> Call:
    return call.model_copy(update={"args": args})
