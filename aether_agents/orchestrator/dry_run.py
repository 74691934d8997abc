"""Dry run: what a task that only read found, and the calls that it would have made."""

from aether_agents.contracts import TERMINAL_TASK, DryCall, TaskView
from aether_agents.errors import WrongStatus
from aether_agents.planning.linked.dry_run import dry_calls
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import Store


def calls(store: Store, policy: PolicySettings, view: TaskView) -> list[DryCall]:
    """The calls of a dry run in the order of its plan, or those that a waiting plan would make; none without a plan.

    Raises:
        WrongStatus: the task is no dry run and no plan that waits, or has not ended.
        CannotOpen: this process lacks the sealing key.
    """
    planned = not view.dry_run and not view.subtasks and store.tasks.task(view.task_id).plan_only
    if not view.dry_run and not planned:
        raise WrongStatus(f"{view.task_id} is no dry run: `aether-agent execute TASK --dry-run` makes one")
    if view.status not in TERMINAL_TASK:
        raise WrongStatus(f"{view.task_id} has not ended: ask again when it has")
    plan = store.tasks.plan(view.task_id)
    if plan is None:
        return []
    done = {} if planned else store.tasks.outcomes(view.task_id, [one.id for one in plan.subtasks])
    return dry_calls(plan, done, policy)
