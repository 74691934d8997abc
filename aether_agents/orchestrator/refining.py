"""Refining: a plan that has not run, changed by a person; the new plan is a task of its own, and the old one stays."""

from collections.abc import Callable
from typing import Any

from aether_agents.contracts import HighLevelTask, Plan, Refined, Role, TaskStatus
from aether_agents.errors import InvalidTask, WrongStatus
from aether_agents.planning.editing.edit_words import read_edit
from aether_agents.planning.editing.edits import edited
from aether_agents.planning.editing.plan_edit import Add, Refused, Reword
from aether_agents.planning.files.plan_file import dump, template_of
from aether_agents.planning.linked.plan_difference import plan_difference
from aether_agents.planning.validation.digest import reports_folder
from aether_agents.settings.model import Settings
from aether_agents.store import Store

Complete = Callable[[HighLevelTask], HighLevelTask]


def changed(
    store: Store, settings: Settings, task_id: str, line: str, *, role: Role, complete: Complete
) -> HighLevelTask:
    """The task that plans another one's plan with a change. A line that is no edit is more of the sentence.

    Raises:
        WrongStatus: there is no plan, or it is not one that waits to be run.
        InvalidTask: the change cannot be made; the error says why.
    """
    old, plan = proposal(store, task_id)
    document = _document(settings, old, plan)
    edit = read_edit(line)
    if isinstance(edit, Refused):
        raise InvalidTask(edit.why)
    if edit is None and old.document is not None:
        raise InvalidTask("that is no change of a plan; `reword SENTENCE` plans another sentence, without the changes")
    if edit is None or isinstance(edit, Reword):
        sentence = old.refined(line).description if edit is None else edit.sentence
        return complete(_next(old, role, description=sentence, inputs=old.inputs, agent_type=old.agent_type))
    if isinstance(edit, Add):
        return complete(_next(old, role, document=document, addition=edit.words, drafted=_drafted(old, plan)))
    made = edited(document, edit)
    if isinstance(made, Refused):
        raise InvalidTask(made.why)
    return complete(_next(old, role, document=made, drafted=_drafted(old, plan)))


def accepted(
    store: Store, settings: Settings, task_id: str, *, role: Role, assume_yes: bool, complete: Complete
) -> HighLevelTask:
    """The task that runs exactly the plan of another. One that began as a draft is reviewed first.

    Raises:
        WrongStatus: see `changed`.
    """
    old, plan = proposal(store, task_id)
    document = _document(settings, old, plan)
    told = {"document": document, "drafted": _drafted(old, plan), "assume_yes": assume_yes, "plan_only": False}
    return complete(_next(old, role, **told))


def refined(store: Store, settings: Settings, task_id: str) -> Refined:
    """The result of a changed plan.

    Raises:
        WrongStatus: the task changes no plan.
        TaskNotFound: it, or the one before, is not there (any more).
    """
    view = store.tasks.view(task_id)
    if view.refines is None:
        raise WrongStatus(f"`{task_id}` changes no plan")
    told: dict[str, Any] = {"task_id": task_id, "refines": view.refines, "status": view.status, "error": view.error}
    plan = store.tasks.plan(task_id) if view.status is TaskStatus.COMPLETED else None
    if plan is None:
        return Refined(**told, interventions=view.interventions)
    old, before = proposal(store, view.refines)
    new = store.tasks.task(task_id)
    found = plan_difference(_document(settings, old, before), _document(settings, new, plan))
    text = dump(plan, task_id, reports_folder(settings.home, task_id))
    return Refined(**told, difference=tuple(one._asdict() for one in found), document=text)


def proposal(store: Store, task_id: str) -> tuple[HighLevelTask, Plan]:
    """A task that was only planned, and its plan.

    Raises:
        TaskNotFound: there is no such task.
        WrongStatus: it was not only planned, or has no plan.
    """
    task, plan = store.tasks.task(task_id), store.tasks.plan(task_id)
    status = store.tasks.view(task_id).status
    if not task.plan_only or plan is None or status is not TaskStatus.COMPLETED or task.rerun is not None:
        raise WrongStatus(f"`{task_id}` is no plan that waits to be run: `aether-agent plan` makes one")
    return task, plan


def _document(settings: Settings, task: HighLevelTask, plan: Plan) -> Any:
    return template_of(plan, task.task_id, reports_folder(settings.home, task.task_id))


def _drafted(task: HighLevelTask, plan: Plan) -> bool:
    return task.drafted or plan.origin in ("draft", "llm")


def _next(old: HighLevelTask, role: Role, **change: Any) -> HighLevelTask:
    """A task like another one, that only plans unless it says otherwise."""
    same = ("description", "context", "folder", "session", "priority", "timeout_seconds", "owner")
    kept = {name: getattr(old, name) for name in same}
    return HighLevelTask(**{**kept, "role": role, "plan_only": True, "refines": old.task_id, **change})
