"""Calls that end as another one did, because nobody may make any call of their server any more."""

from aether_agents.contracts import Outcome
from aether_agents.store.client.connection import Part
from aether_agents.store.client.replies import Delivery
from aether_agents.store.client.store_client import StorePart, compact, deliveries


class Alike(StorePart):
    """What of one server is still to be called in a task, ended in one step."""

    def end_alike(self, task_id: str, subtask_id: str, outcome: Outcome) -> list[Delivery]:
        """End all that would call the same server as this subtask, and would end as it did. Gives what became ready."""
        found = [one.decode() for one in self._access.call("alike", task_id, subtask_id)]
        if not found:
            return []
        own = outcome.model_copy(update={"error": f"as `{subtask_id}`: {outcome.error}", "attempts": 0})
        args: list[Part] = [task_id, subtask_id, f"as {subtask_id}", compact({"error_kind": own.error_kind})]
        head = self._access.head_now(task_id)
        for one in found:
            args += [one, self._access.seal_outcome(task_id, one, own, head)]
        return deliveries(self._access.call("end_alike", *args)[1])
