"""The results of subtasks, each opened as the version of it that counts."""

from collections.abc import Iterable

from aether_agents.contracts import Outcome
from aether_agents.errors import CannotOpen
from aether_agents.store.client.head import Head
from aether_agents.store.client.store_client import StorePart


class Outcomes(StorePart):
    """Outcomes of subtasks."""

    def outcomes(self, task_id: str, ids: Iterable[str]) -> dict[str, Outcome]:
        """The results of these subtasks; one that has no outcome is left out."""
        opened = self.as_far_as_they_open(task_id, ids)
        for outcome in opened.values():
            if isinstance(outcome, CannotOpen):
                raise outcome
        return {one: outcome for one, outcome in opened.items() if isinstance(outcome, Outcome)}

    def outcomes_at(self, task_id: str, ids: Iterable[str], head: Head) -> dict[str, Outcome]:
        """The same under a head that was just read with a claim, in one command: what a call waits for is short.

        Raises:
            CannotOpen: one of them does not open under this head.
        """
        wanted = list(dict.fromkeys(ids))
        found = self._access.connection.command(
            "HMGET", self._access.keys.subtasks(task_id), *(f"o:{one}" for one in wanted)
        )
        blobs = {one: blob for one, blob in zip(wanted, found, strict=True) if blob is not None}
        return {one: self._access.open_outcome(task_id, one, blob, head) for one, blob in blobs.items()}

    def as_far_as_they_open(self, task_id: str, ids: Iterable[str]) -> dict[str, Outcome | CannotOpen]:
        """The same; of one that does not open, why."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        fields = ("HMGET", self._access.keys.subtasks(task_id), *(f"o:{one}" for one in wanted))
        found, sealed = self._access.connection.commands([fields, ("HGET", self._access.keys.task(task_id), "head")])
        head = self._access.open_head(task_id, sealed)
        blobs = {one: blob for one, blob in zip(wanted, found, strict=True) if blob is not None}
        return {one: self._outcome(task_id, one, blob, head) for one, blob in blobs.items()}

    def _outcome(self, task_id: str, subtask_id: str, blob: bytes, head: Head) -> Outcome | CannotOpen:
        try:
            return self._access.open_outcome(task_id, subtask_id, blob, head)
        except CannotOpen as error:
            return error


def told(outcome: Outcome | CannotOpen) -> Outcome:
    """The result of a subtask, as people see it: one that does not open says so, and hides no other."""
    return Outcome(status="failed", error=f"({outcome})") if isinstance(outcome, CannotOpen) else outcome
