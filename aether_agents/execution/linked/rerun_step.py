"""Rerun step: the planner's part of a task that runs another again, and what a person is asked about a plan."""

from collections.abc import Mapping

from aether_agents.access.roles import may_approve
from aether_agents.contracts import HighLevelTask, Intervention, Plan, RerunOf
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.errors import Tampered, WrongStatus
from aether_agents.execution.linked.takeover import Takeover
from aether_agents.planning.linked.difference import told
from aether_agents.planning.model.unfinished import Unfinished
from aether_agents.settings.model import Settings
from aether_agents.store import APPROVE, DENY, Delivery, PlanningClaim, Store


def planned(
    store: Store, settings: Settings, task: HighLevelTask, plan: Plan, catalogue: Mapping[str, CatalogueEntry]
) -> Plan:
    """The plan of a task, with what it takes over if it runs another again.

    Raises:
        TaskNotFound, WrongStatus: what it runs again is not there any more, or nothing would run.
    """
    if task.rerun is None:
        return plan
    rows = {tool.ref: tool.row for entry in catalogue.values() for tool in entry.tools}
    return _takeover(store, settings, task, task.rerun).planned(plan, lambda ref: ref in rows and rows[ref].creates)


def unfinished(store: Store, settings: Settings, task: HighLevelTask) -> Unfinished | None:
    """What is done of the task that this one goes on with, where a model is to plan the rest; else None.

    Raises:
        TaskNotFound, WrongStatus: it is not there any more, or had no plan.
    """
    if task.rerun is None or not task.rerun.anew:
        return None
    return _takeover(store, settings, task, task.rerun).unfinished()


def start(store: Store, settings: Settings, claim: PlanningClaim, plan: Plan, of: RerunOf) -> list[Delivery] | None:
    """Run what is not taken over, directly: a canvas has no place for what is done already. None: the claim is lost.

    Raises:
        TaskNotFound, WrongStatus: what was to be taken over is not there any more.
    """
    placed, ready = _takeover(store, settings, claim.task, of).placed(plan)
    return store.tasks.start_rerun(claim.task.task_id, claim.token, plan, placed, ready)


def _takeover(store: Store, settings: Settings, task: HighLevelTask, of: RerunOf) -> Takeover:
    try:
        return Takeover(store, settings, task, of)
    except Tampered as error:
        store.alerts.suspect("broken document", of.task_id, str(error))
        raise WrongStatus(f"what `{of.task_id}` left behind is not believed: {error}") from None


def question(task: HighLevelTask, plan: Plan) -> Intervention | None:
    """What a person is asked about a plan before it runs; None if nothing."""
    drafted = plan.origin in ("draft", "llm")
    if plan.rerun is None:
        return _review(plan, "This plan was not made from a template. Run it?") if drafted else None
    if drafted:
        return _review(plan, f"{told(plan.rerun)}\nIts plan was not made from a template. Run it?")
    if plan.rerun.of.agreed or (task.assume_yes and may_approve(task.role)):
        return None
    choices = (APPROVE, DENY)
    return Intervention(id="task.0", kind="confirmation", prompt=told(plan.rerun), choices=choices, binds=plan.digest)


def _review(plan: Plan, prompt: str) -> Intervention:
    steps = "\n".join(f"- {subtask.id}: {subtask.tool}" for subtask in plan.subtasks)
    return Intervention(
        id="task.0", kind="review", prompt=f"{prompt}\n{steps}", choices=(APPROVE, DENY), binds=plan.digest
    )
