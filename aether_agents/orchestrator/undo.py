"""Undo at the store: what a task left behind is read, and the task that puts it back is noted, once."""

from collections.abc import Callable

from aether_agents.contracts import TERMINAL_TASK, HighLevelTask, Role, SubtaskStatus, Undoing
from aether_agents.errors import CannotUndo, TaskNotFound, WrongStatus
from aether_agents.planning.undo_plan import undoing
from aether_agents.store import Store


def prepare(store: Store, task_id: str, to: str | None = None) -> Undoing:
    """What undoing a task comes to; nothing is changed.

    Raises:
        TaskNotFound: there is no such task.
        WrongStatus: it goes on, it is being undone or has been, or `to` is none of its completed subtasks.
        CannotOpen: this process lacks the sealing key.
    """
    view = store.tasks.view(task_id)
    if view.status not in TERMINAL_TASK:
        raise WrongStatus(f"`{task_id}` goes on ({view.status}): end it first with `aether-agent cancel {task_id}`")
    earlier = store.tasks.undone_by(task_id)
    already = {one for undo in earlier for one in _done_by(store, task_id, undo)}
    found = undoing(task_id, view.description, store.tasks.left(task_id), to=to, already=already)
    if found.document is None and already:
        raise WrongStatus(f"`{task_id}` has been undone already, by `{earlier[-1]}`")
    return found


def accept(
    store: Store,
    task_id: str,
    to: str | None,
    *,
    role: Role,
    assume_yes: bool,
    complete: Callable[[HighLevelTask], HighLevelTask],
) -> HighLevelTask:
    """Make the task that undoes another, and note it there. It is not sent yet. `complete` adds what settings say.

    Raises:
        CannotUndo: nothing of it can be undone; the error says why.
        WrongStatus: see `prepare`; or somebody else has begun to undo it just now.
    """
    known = store.tasks.undone_by(task_id)
    task = complete(_task_of(store, prepare(store, task_id, to), role, assume_yes))
    store.tasks.create(task)
    if not store.tasks.link_undo(task_id, known, task.task_id):
        store.tasks.cancel(task.task_id, task.owner, "another was faster")
        raise WrongStatus(f"somebody has just begun to undo `{task_id}`: `aether-agent tasks` shows it")
    return task


def _task_of(store: Store, found: Undoing, role: Role, assume_yes: bool) -> HighLevelTask:
    if found.document is None:
        told = "; ".join(f"`{one.subtask}` ({one.tool}): {one.why}" for one in found.cannot)
        raise CannotUndo(f"`{found.task_id}` {f'cannot be undone: {told}' if told else 'changed nothing'}")
    old = store.tasks.task(found.task_id)
    return HighLevelTask(
        description=found.document.description,
        context=old.context,
        folder=old.folder,
        session=old.session,
        priority=old.priority,
        owner=old.owner,
        role=role,
        assume_yes=assume_yes,
        document=found.document,
        undoes=found.task_id,
    )


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
