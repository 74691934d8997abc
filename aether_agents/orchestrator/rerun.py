"""Retry and fork at the store: whether a task may be run again, and the task that does it, linked to it, once."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from aether_agents.contracts import (
    TERMINAL_TASK,
    GitIdentity,
    HighLevelTask,
    Json,
    RerunOf,
    Role,
    SubtaskStatus,
    TaskStatus,
    TaskView,
    Template,
)
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import WrongStatus
from aether_agents.execution.linked.chain import before_in, begun, half_undone, undone_in
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.validation.digest import reports_folder
from aether_agents.settings.model import Settings
from aether_agents.store import Store
from aether_agents.store.tasks.stored_views import Links

Kind = Literal["retry", "fork"]

#: How often a model may plan what is not done of one chain of tasks.
MOST_REPLANS = 2
#: What can be done with a retry that is there already.
_NEXT = {TaskStatus.COMPLETED: "result", TaskStatus.FAILED: "retry", TaskStatus.CANCELLED: "retry"}

_DONE = "nothing of `{0}` failed: name a subtask that runs again with `--from`, or another input with `--with`"


def accept(
    store: Store,
    task_id: str,
    kind: Kind,
    start: str = "",
    *,
    inputs: Mapping[str, Json],
    template: str | None = None,
    by: str,
    role: Role,
    assume_yes: bool,
    agreed: bool = False,
    plan_only: bool = False,
    new_id: str | None = None,
    git: GitIdentity | None = None,
    replan: str | None = None,
    document: Template | None = None,
    complete: Callable[[HighLevelTask], HighLevelTask],
) -> HighLevelTask:
    """Make the task that runs another again, and link them. It is not sent yet. `complete` adds what settings say.

    Raises:
        TaskNotFound: there is no such task.
        WrongStatus: it goes on, is being undone or retried, was retried, or nothing of it would run.
        NotAllowed: `new_id` is somebody else's task.
    """
    links = store.tasks.links(task_id)
    view = store.tasks.view(task_id)
    old = store.tasks.task(task_id)
    _require_rest(store, old, view, links, kind)
    changed = bool(inputs) or kind == "fork" or replan is not None
    _require_work(store, view, links, start, changed=changed, other_plan=bool(template))
    told_of: dict[str, Any] = {"start": start, "agreed": agreed, "by": by, **_anew(old, replan)}
    of = RerunOf(task_id=task_id, kind=kind, chain=_chain(old), **told_of)
    told = {"task_id": new_id} if new_id else {}
    task = complete(
        HighLevelTask(
            **told,
            description=old.description,
            type=template or (view.plan.template if view.plan else None) or old.type,
            agent_type=old.agent_type,
            context=old.context,
            inputs={**old.inputs, **inputs},
            folder=old.folder,
            session=old.session,
            git=_git(old.git, git),
            priority=old.priority,
            timeout_seconds=old.timeout_seconds,
            owner=old.owner,
            role=role,
            assume_yes=assume_yes and kind == "retry",
            plan_only=plan_only,
            dry_run=old.dry_run,
            document=(document or old.document) if template is None else None,
            drafted=old.drafted or document is not None,
            rerun=of,
        )
    )
    if plan_only:
        store.tasks.create(task)
    elif not store.tasks.create_linked(task, kind, [links]):
        raise WrongStatus(f"somebody has just begun to undo or to retry `{task_id}`: `aether-agent tasks` shows it")
    return task


def written_by_model(store: Store, settings: Settings, task_id: str) -> Template | None:
    """The plan of a task that a model planned in part: a retry goes on with it, not with what was planned first."""
    old = store.tasks.task(task_id)
    plan = store.tasks.plan(task_id) if old.rerun is not None and old.rerun.replans else None
    return None if plan is None else template_of(plan, task_id, reports_folder(settings.home, task_id))


def _git(before: GitIdentity | None, now: GitIdentity | None) -> GitIdentity | None:
    """As whom is committed: as before, since that may have been agreed to, unless nobody was named then."""
    return now if now is not None and before is not None and not (before.name and before.email) else before


def _anew(old: HighLevelTask, replan: str | None) -> dict[str, Any]:
    """Whether a model plans what is not done, what it is told, and how often it did, this time included.

    Raises:
        WrongStatus: it did so as often as it may.
    """
    before = old.rerun.replans if old.rerun is not None and old.rerun.kind == "retry" else 0
    if replan is not None and before >= MOST_REPLANS:
        raise WrongStatus(
            f"the rest of `{old.task_id}` was planned anew {before} times already: "
            f"`aether-agent retry {old.task_id}` goes on with it as it is, or ask for it in other words"
        )
    return {"anew": replan is not None, "said": replan or "", "replans": before + (replan is not None)}


def _chain(old: HighLevelTask) -> tuple[str, ...]:
    """The tasks that belong together, up to the one that is run again. A fork is made from one, and belongs to none."""
    return (*before_in(old), old.task_id)


def _require_rest(store: Store, old: HighLevelTask, view: TaskView, links: Links, kind: Kind) -> None:
    """Make sure that nothing goes on with a task, and that it is the last of its chain.

    Raises:
        WrongStatus: see `accept`.
    """
    task_id = view.task_id
    if view.status not in TERMINAL_TASK:
        raise WrongStatus(f"`{task_id}` goes on ({view.status}): end it first with `aether-agent cancel {task_id}`")
    if old.undoes:
        raise WrongStatus(f"`{task_id}` undoes `{old.undoes}`: what it left is tried again by `undo {old.undoes}`")
    undone_in(store, [links])
    if (stopped := half_undone(store, links)) is not None:
        raise WrongStatus(
            f"the undoing `{stopped[0]}` of `{task_id}` stopped at `{stopped[1]}`: finish it first with "
            f"`aether-agent undo {task_id}`"
        )
    for one in links.rerun_by("retry") if kind == "retry" else ():
        if begun(store, one):
            status = store.tasks.view(one).status
            todo = f"aether-agent {_NEXT.get(status, 'watch')} {one}"
            raise WrongStatus(f"`{task_id}` was retried already, by `{one}` ({status}): {todo}")


def _require_work(store: Store, view: TaskView, links: Links, start: str, *, changed: bool, other_plan: bool) -> None:
    """Make sure that something would run, as far as that is known before it is planned.

    Raises:
        WrongStatus: see `accept`.
    """
    ids = [one.id for one in view.subtasks if "#" not in one.id]
    if view.plan is not None and not ids and view.status != "failed":
        raise WrongStatus(f"`{view.task_id}` only planned: `aether-agent execute` runs it")
    if start and ids and start not in ids and not other_plan:
        raise WrongStatus(f"`{start}` is not a subtask of it{nearest(start, ids)}; it has {', '.join(ids)}")
    bad = any(one.status is not SubtaskStatus.COMPLETED for one in view.subtasks)
    if view.plan and ids and not (bad or start or changed or undone_in(store, [links])):
        raise WrongStatus(_DONE.format(view.task_id))
