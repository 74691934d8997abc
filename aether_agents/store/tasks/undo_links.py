"""What a task left behind, for whoever puts it back or runs it again."""

from aether_agents.contracts.view import EndedSubtask
from aether_agents.store.tasks.views import Views


class UndoLinks(Views):
    """Readings, and what a task left behind."""

    def left(self, task_id: str) -> list[EndedSubtask]:
        """Every subtask of a task with its result, children of fan-outs included, the first to end first.

        Raises:
            CannotOpen: the sealing key is not here.
        """
        rows = self._rows(task_id)
        documents = self._fields(task_id, "d", list(rows))
        head = self._head(task_id)
        outcomes = self.outcomes(task_id, rows)
        found = [
            EndedSubtask(one, self._access.open_subtask(task_id, one, documents[one], head), row.status, row.attempts,
                 outcomes.get(one), row.since, row.taken_over)
            for one, row in rows.items()
        ]  # fmt: skip
        return sorted(found, key=lambda left: left.ended)
