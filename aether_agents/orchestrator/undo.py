"""Undo at the store: what a chain of tasks left behind is read, and the task that puts it back is noted, once."""

from collections.abc import Callable

from aether_agents.contracts import TERMINAL_TASK, HighLevelTask, Role, TaskStatus, Undoing
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import CannotUndo, WrongStatus
from aether_agents.execution.linked.chain import Member, chain_of, made_by, undone_in
from aether_agents.planning.linked.undo_plan import undoing
from aether_agents.store import Store


def prepare(store: Store, task_id: str, to: str | None = None) -> Undoing:
    """The result of undoing a task, with those that it was a retry of and its own retries; nothing is changed.

    Raises:
        TaskNotFound: there is no such task.
        WrongStatus: one of them goes on, is being undone or has been, or `to` is none of its completed subtasks.
        CannotOpen: this process lacks the sealing key.
    """
    return _prepared(store, task_id, to, chain_of(store, task_id))


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
        WrongStatus: see `prepare`; or somebody else has begun to undo or to retry it just now.
    """
    members = chain_of(store, task_id)
    task = complete(_task_of(store, _prepared(store, task_id, to, members), role, assume_yes))
    if not store.tasks.create_linked(task, "undo", [one.links for one in members]):
        raise WrongStatus(f"somebody has just begun to undo or to retry `{task_id}`: `aether-agent tasks` shows it")
    return task


def _prepared(store: Store, task_id: str, to: str | None, members: list[Member]) -> Undoing:
    for one in members:
        status = store.tasks.view(one.task.task_id).status
        if status not in TERMINAL_TASK:
            raise _goes_on(task_id, one.task.task_id, status)
    already = undone_in(store, [one.links for one in members])
    left = _left(store, members)
    found = undoing(task_id, store.tasks.task(task_id).description, left, to=to, already=already)
    if found.document is None and already:
        earlier = [undo for one in members for undo in one.links.undone_by]
        raise WrongStatus(f"`{task_id}` has been undone already, by `{earlier[-1]}`")
    return found


def _goes_on(task_id: str, other: str, status: TaskStatus) -> WrongStatus:
    who = f"`{task_id}` goes on" if other == task_id else f"`{other}`, a retry of `{task_id}`, goes on"
    return WrongStatus(f"{who} ({status}): end it first with `aether-agent cancel {other}`")


def _left(store: Store, members: list[Member]) -> list[EndedSubtask]:
    """What a chain left behind, the first to end first: each change once, with the task that made it.

    What a task took over is told by the task that made the call, or by itself where that one has expired.
    """
    found: dict[tuple[int, str], EndedSubtask] = {}
    there = {one.task.task_id for one in members}
    for member in members:
        past = store.tasks.past(member.task.task_id)
        origins = made_by(past, member.task.task_id)
        turns = {one: turn for turn, one in enumerate(member.task.rerun.chain)} if member.task.rerun else {}
        for one in past.left:
            origin = origins.get(one.id)
            gone = origin is not None and origin not in there and origin in turns and member.turn > 0
            told = one._replace(turn=turns[origin], calls=1) if gone and origin else one._replace(turn=member.turn)
            found.setdefault((told.turn, told.id), told)
    return sorted(found.values(), key=lambda left: (left.turn, left.ended))


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
        git=old.git,
        priority=old.priority,
        owner=old.owner,
        role=role,
        assume_yes=assume_yes,
        document=found.document,
        undoes=found.task_id,
    )
