"""What must be true of every task that has ended, whatever was done to it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from aether_agents.contracts import TERMINAL_EVENTS, PlannedSubtask, SubtaskView
from tests.integration.execution.lab import Calls, Lab

_ENDS = {f"subtask.{word}" for word in ("completed", "failed", "skipped", "cancelled")}


def violations(
    lab: Lab, task_id: str, plan: Sequence[PlannedSubtask], calls: Calls, *, killed: bool = False
) -> list[str]:
    """Every invariant that does not hold. After a kill, what is safe to repeat may have run twice."""
    view = lab.store.tasks.view(task_id)
    return [
        *_of_events(lab, task_id, view.subtasks),
        *_of_runs(task_id, plan, {one.id: one for one in view.subtasks}, calls, killed),
    ]


def _of_events(lab: Lab, task_id: str, subtasks: Sequence[SubtaskView]) -> Iterator[str]:
    events = lab.store.events.read(task_id, limit=100_000)
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        yield "the numbering of events has a gap"
    ends = Counter(event.subtask_id for event in events if event.type.value in _ENDS)
    if set(ends) != {one.id for one in subtasks} or any(number != 1 for number in ends.values()):
        yield f"not every subtask ended exactly once: {dict(ends)}"
    finals = [event for event in events if event.type in TERMINAL_EVENTS]
    if len(finals) != 1 or events[-1] is not finals[-1]:
        yield f"{len(finals)} ends of the task"


def _of_runs(
    task_id: str, plan: Sequence[PlannedSubtask], views: dict[str, SubtaskView], calls: Calls, killed: bool
) -> Iterator[str]:
    planned = {subtask.id: subtask for subtask in plan}
    for name, view in views.items():
        parent = planned[name.partition("#")[0]]
        if "/echo" not in (parent.tool or "") or (parent.for_each is not None and "#" not in name):
            continue
        key = f"{task_id}/{name}"
        runs, status = calls.started[key], view.status.value
        if runs > 1 and not (killed and parent.repeatable):
            yield f"{name} ran {runs} times"
        if status == "completed" and runs < 1:
            yield f"{name} completed and never ran"
        if status == "skipped" and runs and not killed:
            yield f"{name} was skipped and ran"
        if key in calls.began:
            yield from _of_needs(task_id, name, parent, planned, views, calls, killed)


def _of_needs(
    task_id: str,
    name: str,
    parent: PlannedSubtask,
    planned: dict[str, PlannedSubtask],
    views: dict[str, SubtaskView],
    calls: Calls,
    killed: bool,
) -> Iterator[str]:
    began = calls.began[f"{task_id}/{name}"]
    for need in parent.needs:
        if views[need].status.value not in ("completed", "failed"):
            yield f"{name} ran although {need} is {views[need].status.value}"
        keys = [f"{task_id}/{need}", *(f"{task_id}/{one}" for one in views if one.startswith(f"{need}#"))]
        # a killed worker's server may still write its end after the subtask ran again elsewhere
        if not killed and any(calls.ended.get(key, 0.0) > began for key in keys):
            yield f"{name} began before {need} had ended"
