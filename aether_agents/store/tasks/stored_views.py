"""Views: what is stored of a task and of its subtasks, as readers see it."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aether_agents.contracts import Json, Outcome, Plan, PlannedSubtask, PlanView, SubtaskStatus, SubtaskView
from aether_agents.contracts.expressions.reference import Reference, resolve, walk
from aether_agents.errors import ReferenceMissing

#: The outcome of a subtask in one of these says what is to be known of it.
TELLING = frozenset({SubtaskStatus.FAILED, SubtaskStatus.CANCELLED})


class Row(NamedTuple):
    """The state of one subtask as it is stored."""

    status: SubtaskStatus
    claimed: bool
    attempts: int
    since: int
    started: int


def plan_view(meta: dict[str, Any]) -> PlanView | None:
    """What anyone may see of a plan."""
    if not meta["about"]:
        return None
    about = json.loads(meta["about"])
    started = number(meta["total"]) > 0  # the field `direct` is written when it is set, so 0 and absent are one
    delivery = None if not started else "direct" if number(meta["direct"]) else "canvas"
    return PlanView.model_validate(
        {name: about[name] for name in ("origin", "template", "digest", "confidence")} | {"delivery": delivery}
    )


def subtask_view(
    subtask_id: str,
    planned: PlannedSubtask,
    row: Row,
    created: int,
    outcome: Outcome | None,
    outputs: bool,
    later: str = "",
) -> SubtaskView:
    """One subtask as it stands. `later` is how its call ended, when that came after its cancellation."""
    terminal = row.status in (
        SubtaskStatus.COMPLETED, SubtaskStatus.FAILED, SubtaskStatus.SKIPPED, SubtaskStatus.CANCELLED,
    )  # fmt: skip
    return SubtaskView(
        id=subtask_id,
        specialist=planned.specialist,
        tool=planned.tool or "",
        name=planned.name,
        status=row.status,
        needs=planned.needs if subtask_id == planned.id else (),
        attempts=row.attempts,
        started_at=moment(created + row.started) if row.claimed else None,
        finished_at=moment(created + row.since) if terminal else None,
        output=outcome.output if outcome and outputs else None,
        error=f"{outcome.error or ''}; {later}" if outcome and later else outcome.error if outcome else None,
    )


def results_of(plan: Plan, outcomes: dict[str, Outcome]) -> dict[str, Json]:
    """The task's own result: the plan's `outputs`, with null for what did not come to be."""

    def lookup(reference: Reference) -> Json:
        if reference.root == "subtasks" and reference.name in outcomes:
            return walk({"output": outcomes[reference.name].output}, reference.path[1:])
        raise ReferenceMissing(f"{reference.text} has no value")

    found: dict[str, Json] = {}
    for name, expression in plan.outputs.items():
        try:
            found[name] = resolve(expression, lookup)
        except ReferenceMissing:
            found[name] = None
    return found


def number(value: bytes | None) -> int:
    """A stored number; 0 where there is none."""
    return int(value) if value else 0


def moment(milliseconds: int) -> datetime | None:
    """A stored moment; none for 0."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
