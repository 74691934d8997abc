"""Chains: a task, what it goes on with, and what went on with it - and which of its changes were put back since."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aether_agents.contracts import TERMINAL_TASK, HighLevelTask, SubtaskStatus
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import TaskNotFound, WrongStatus
from aether_agents.planning.linked.undo_plan import id_of
from aether_agents.store import Store
from aether_agents.store.tasks.reruns import Past
from aether_agents.store.tasks.stored_views import Links, maker_of


class Member(NamedTuple):
    """One task of a chain."""

    task: HighLevelTask
    turn: int  #: its place in the chain, those that have expired counted too
    links: Links


def chain_of(store: Store, task_id: str) -> list[Member]:
    """The tasks that were retried one after the other, with this one among them, as far as they are there still.

    A fork begins a chain of its own: what it tries is no part of what it was made from.

    Raises:
        TaskNotFound: the task itself is not there.
    """
    before = before_in(store.tasks.task(task_id))
    members = [found for turn, one in enumerate(before) if (found := _member(store, one, turn)) is not None]
    at: str | None = task_id
    while at is not None:
        member = _member(store, at, len(before))
        if member is None:
            break
        members.append(member)
        before = (*before, at)
        at = next((one for one in reversed(member.links.rerun_by("retry")) if begun(store, one)), None)
    return members


def begun(store: Store, task_id: str) -> bool:
    """Whether a task is there, and goes on or has run something."""
    try:
        view = store.tasks.view(task_id)
    except TaskNotFound:
        return False
    return view.status not in TERMINAL_TASK or any(one.attempts or one.kept_from for one in view.subtasks)


def undone_in(store: Store, links: Sequence[Links]) -> set[str]:
    """The ids in undoing plans of these tasks that have completed.

    Raises:
        WrongStatus: one of them is being undone.
    """
    found: set[str] = set()
    for one in links:
        for undo in one.undone_by:
            found |= set(_done_by(store, one.task_id, undo))
    return found


def put_back(
    store: Store, task_id: str, left: Sequence[EndedSubtask], made_by: Mapping[str, str], chain: tuple[str, ...]
) -> set[str]:
    """The subtasks of a task whose calls were undone since, those that it took over among them."""
    done = undone_in(store, [store.tasks.links(task_id)])
    turns = {one: turn for turn, one in enumerate(chain)}
    return {
        one.id for one in left if (turn := turns.get(made_by.get(one.id, task_id))) is not None
        and id_of(one.id, turn) in done
    }  # fmt: skip


def made_by(past: Past, task_id: str) -> dict[str, str]:
    """The task that made the call, by subtask, of what a task took over itself."""
    plan = past.plan
    return {one.id: (maker_of(plan, one.id) if plan else None) or task_id for one in past.left if one.taken_over}


def half_undone(store: Store, links: Links) -> tuple[str, str] | None:
    """An undoing of a task that stopped in its midst, and the subtask at which; none if there is none."""
    done = undone_in(store, [links])
    for undo in links.undone_by:
        try:
            view = store.tasks.view(undo)
        except TaskNotFound:
            continue
        for one in view.subtasks:
            stopped = one.status in (SubtaskStatus.FAILED, SubtaskStatus.CANCELLED) and one.attempts
            if stopped and one.id not in done:
                return undo, one.id
    return None


def before_in(task: HighLevelTask) -> tuple[str, ...]:
    """The tasks that came before one in its chain, the first one first. A fork begins a chain: it has none."""
    return task.rerun.chain if task.rerun is not None and task.rerun.kind == "retry" else ()


def _member(store: Store, task_id: str, turn: int) -> Member | None:
    try:
        return Member(store.tasks.task(task_id), turn, store.tasks.links(task_id))
    except TaskNotFound:
        return None


def _done_by(store: Store, task_id: str, undo: str) -> list[str]:
    """What an earlier task has undone.

    Raises:
        WrongStatus: it is still at it.
    """
    try:
        view = store.tasks.view(undo)
    except TaskNotFound:  # its time is over, or it was never begun
        return []
    if view.status not in TERMINAL_TASK:
        raise WrongStatus(f"`{task_id}` is being undone by `{undo}` ({view.status}): aether-agent watch {undo}")
    return [one.id for one in view.subtasks if one.status is SubtaskStatus.COMPLETED]
