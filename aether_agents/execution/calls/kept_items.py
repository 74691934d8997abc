"""Kept items: the children of a fan-out that runs again, and which of them are done already."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aether_agents.contracts import Json, Outcome, PlannedSubtask, value_digest
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.execution.calls.references import visible
from aether_agents.execution.delivery.fan_out import Items
from aether_agents.planning.linked.call_digest import Portable, content, writer
from aether_agents.planning.validation.digest import reports_folder

#: Writes values so that they name no task of a chain.
Write = Callable[[tuple[str, ...]], Portable]


def taken(
    subtask: PlannedSubtask, items: Json, children: list[PlannedSubtask], outcomes: Mapping[str, Outcome],
    write: Write,
) -> Items | Outcome:  # fmt: skip
    """The children of a fan-out; of one that runs again, done ones are taken over if the whole list is the same.

    Without items it is done.
    """
    if not children:
        return Outcome(status="completed", output=[])
    known = subtask.kept_items
    if known is None:
        return Items(children)
    written = write(known.chain)
    if value_digest(written(items)) != known.items or len(children) != len(known.each):
        return Items(children)
    kept = {
        place: before.made_by
        for place, (child, before) in enumerate(zip(children, known.each, strict=True))
        if before.call and before.call == call_of(child, outcomes, written)
    }
    told = [
        child.model_copy(update={"asked_because": before.why})
        for child, before in zip(children, known.each, strict=True)
    ]
    return Items(told, kept)


def call_of(subtask: PlannedSubtask, outcomes: Mapping[str, Outcome], write: Portable) -> str:
    """Digest of what a subtask does, with the values that its arguments have."""
    try:
        args = visible(subtask, outcomes)
    except (InvalidPlan, ReferenceMissing):
        return ""
    return value_digest(content(subtask.model_copy(update={"args": args}), write))


def writer_for(home: Path, task_id: str, chain: Iterable[str] = ()) -> Portable:
    """Writes values so that they name neither a task nor those of its chain."""
    return writer({one: reports_folder(home, one) for one in (*chain, task_id)})
