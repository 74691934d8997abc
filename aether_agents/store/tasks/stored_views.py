"""Views: what is stored of a task and of its subtasks, as readers see it."""

import json
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from aether_agents.contracts import Json, Outcome, Plan, PlannedSubtask, PlanView, SubtaskStatus, SubtaskView
from aether_agents.contracts.expressions.reference import Reference, resolve, walk
from aether_agents.errors import ReferenceMissing

#: The outcome of a subtask in one of these says what is to be known of it.
TELLING = frozenset({SubtaskStatus.FAILED, SubtaskStatus.CANCELLED})


class Links(NamedTuple):
    """The tasks that were begun because of one, as they were read."""

    task_id: str
    undone: str = ""
    reruns: str = ""

    @property
    def undone_by(self) -> tuple[str, ...]:
        """The tasks that put it back, the first one first."""
        return tuple(self.undone.split())

    def rerun_by(self, kind: Literal["retry", "fork"]) -> tuple[str, ...]:
        """The tasks that ran it again in this way, the first one first."""
        return tuple(one.removeprefix(f"{kind}:") for one in self.reruns.split() if one.startswith(f"{kind}:"))


class Row(NamedTuple):
    """The state of one subtask as it is stored."""

    status: SubtaskStatus
    claimed: bool
    attempts: int
    since: int
    started: int

    @property
    def taken_over(self) -> bool:
        """Whether its outcome is another task's: it was never claimed."""
        return self.status is SubtaskStatus.COMPLETED and not self.claimed


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
    kept_from: str | None = None,
) -> SubtaskView:
    """One subtask as it stands. `later` is how its call ended, when that came after its cancellation; `kept_from` the
    task that made the call, where its outcome was taken over.
    """
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
        kept_from=kept_from,
        error_kind=outcome.error_kind if outcome else None,
        error=f"{outcome.error or ''}; {later}" if outcome and later else outcome.error if outcome else None,
    )


def maker_of(plan: Plan, subtask_id: str) -> str | None:
    """The task that made the call of a subtask which was taken over, as the plan says it."""
    if plan.rerun is None:
        return None
    stem, mark, place = subtask_id.partition("#")
    if mark:
        known = next((one.kept_items for one in plan.subtasks if one.id == stem), None)
        if known is not None:
            return (known.each[int(place)].made_by if int(place) < len(known.each) else "") or plan.rerun.of.task_id
    return next((one.made_by for one in plan.rerun.kept if one.subtask == stem), plan.rerun.of.task_id)


def results_of(plan: Plan, outcomes: dict[str, Outcome]) -> dict[str, Json]:
    """The task's own result: the plan's `outputs`, with null for what was not made."""

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
