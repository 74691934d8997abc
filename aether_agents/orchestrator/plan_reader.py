"""PlanReader: what can be seen of plans - what their calls would be, what they take and took, what a change gives."""

from aether_agents.contracts import DryCall, Estimate, Profile, Refined
from aether_agents.errors import WrongStatus
from aether_agents.orchestrator import dry_run, refining
from aether_agents.orchestrator.profile import profile
from aether_agents.orchestrator.reader import Reader
from aether_agents.planning.validation.estimate import estimate


class PlanReader(Reader):
    """Looks at the plans of a store."""

    def dry_calls(self, task_id: str) -> list[DryCall]:
        """The calls of a dry run: those that were made, and those that would be.

        Raises:
            TaskNotFound, WrongStatus, CannotOpen: see `dry_run.calls`; there is no such task.
        """
        return dry_run.calls(self._store, self.settings.policy, self.view(task_id))

    def estimate(self, task_id: str) -> Estimate | None:
        """What the plan of a task takes, from what its tools took before; none before there is a plan.

        Raises:
            TaskNotFound: there is no such task.
        """
        plan = self.plan_of(task_id)
        if plan is None:
            return None
        known = self._store.durations.of(one.tool for one in plan.subtasks if one.tool)
        template = self._store.durations.of_template(plan.template) if plan.template else None
        return estimate(plan, known, template)

    def profile(self, task_id: str) -> Profile:
        """Where the time of a task went, by layer and subtask; of one that goes on, up to its last event.

        Raises:
            TaskNotFound: there is no such task.
        """
        return profile(self.events(task_id), self.plan_of(task_id))

    def refined(self, task_id: str) -> Refined:
        """The result of a changed plan: the difference, and the new plan.

        Raises:
            TaskNotFound, WrongStatus: see `refining.refined`.
        """
        return refining.refined(self._store, self.settings, task_id)

    def is_proposal(self, task_id: str) -> bool:
        """Whether a task was only planned, so that its plan can be changed and accepted.

        Raises:
            TaskNotFound: there is no such task.
        """
        try:
            refining.proposal(self._store, task_id)
        except WrongStatus:
            return False
        return True
