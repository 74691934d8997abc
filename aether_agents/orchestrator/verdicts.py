"""Verdicts: what tasks that have ended found. Each is read once, since nothing changes it any more."""

from collections import OrderedDict

from aether_agents.contracts import Json, TaskStatus, TaskView, Verdict, depends, verdict_of
from aether_agents.errors import AetherError
from aether_agents.store import Store
from aether_agents.store.tasks.stored_views import results_of

#: Verdicts that are remembered.
MOST = 2_000
_STATING = ("status", "findings")


class Verdicts:
    """Puts its verdict to a task. Safe to share between threads: at worst one is read twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, Verdict | None] = OrderedDict()

    def of(self, view: TaskView) -> TaskView:
        """A view with what its task found, if it has completed."""
        if view.status is not TaskStatus.COMPLETED:
            return view
        if view.outputs or any(subtask.output is not None for subtask in view.subtasks):
            self._known[view.task_id] = verdict_of(view.outputs, [subtask.output for subtask in view.subtasks])
        elif view.task_id not in self._known:
            self._known[view.task_id] = self._read(view.task_id)
        verdict = self._known[view.task_id]
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return view.model_copy(update={"verdict": verdict}) if verdict else view

    def _read(self, task_id: str) -> Verdict | None:
        """A verdict, from the results that state it; where none do, from all. One that does not open is none."""
        tasks = self._store.tasks
        try:
            plan = tasks.plan(task_id)
            if plan is None:
                return None
            stating: dict[str, Json] = {name: plan.outputs[name] for name in _STATING if name in plan.outputs}
            if "status" in stating:
                outcomes = tasks.outcomes(task_id, depends(stating))
                return verdict_of(results_of(plan.model_copy(update={"outputs": stating}), outcomes))
            view = tasks.view(task_id, outputs=True)
        except AetherError:
            return None
        return verdict_of(view.outputs, [subtask.output for subtask in view.subtasks])
