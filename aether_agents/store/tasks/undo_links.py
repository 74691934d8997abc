"""What a task left behind, for whoever puts it back; and the link from a task to the tasks that undo it."""

from aether_agents.contracts.view import Left
from aether_agents.store.client.store_client import unknown
from aether_agents.store.tasks.views import Readings


class Undoings(Readings):
    """Readings, and the one thing undoing writes: who undoes what."""

    def left(self, task_id: str) -> list[Left]:
        """Every subtask of a task with what it came to, children of fan-outs included, the first to end first.

        Raises:
            CannotOpen: the sealing key is not here.
        """
        rows = self._rows(task_id)
        documents = self._fields(task_id, "d", list(rows))
        head = self._head(task_id)
        outcomes = self.outcomes(task_id, rows)
        found = [
            Left(one, self._access.open_subtask(task_id, one, documents[one], head), row.status, row.attempts,
                 outcomes.get(one), row.since)
            for one, row in rows.items()
        ]  # fmt: skip
        return sorted(found, key=lambda left: left.ended)

    def undone_by(self, task_id: str) -> tuple[str, ...]:
        """The tasks that were made to undo a task, the first one first.

        Raises:
            TaskNotFound: there is no such task.
        """
        status, linked = self._access.connection.command("HMGET", self._access.keys.task(task_id), "status", "undone")
        if status is None:
            raise unknown(task_id)
        return tuple(linked.decode().split()) if linked else ()

    def link_undo(self, task_id: str, known: tuple[str, ...], by: str) -> bool:
        """Note that the task `by` undoes this one, unless another was noted since `known` was read."""
        return bool(self._access.call("link_undo", task_id, " ".join(known), by))
