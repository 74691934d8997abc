"""Epochs, as who follows tasks sees them: a store that came back older gives the numbers of lost events once more."""

from collections.abc import Mapping

from aether_agents.store.client.connection import Entry
from aether_agents.store.client.store_client import StoreClient, unknown


class Epochs:
    """Watches for a new epoch of the store beside the streams of tasks. For one thread."""

    def __init__(self, access: StoreClient) -> None:
        self._access = access
        self._last: str | None = None

    def wait(self, after: Mapping[str, str]) -> list[tuple[bytes, list[Entry]]] | None:
        """Entries of several streams, each after an id, as `Connection.wait_for`; None when a new epoch has begun.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        connection, stream = self._access.connection, self._access.keys.epochs
        if self._last is None:
            found = connection.command("XREVRANGE", stream, "+", "-", "COUNT", 1)
            self._last = found[0][0].decode() if found else "0-0"
        news = connection.wait_for({**after, stream: self._last})
        for name, entries in news:
            if name.decode() == stream:
                self._last = entries[-1][0].decode()
                return None
        return news

    def still(self, task_id: str, last: int) -> int:
        """The number up to which what was followed of a task still holds.

        Raises:
            TaskNotFound: the store has forgotten the task.
            StoreUnavailable: the server cannot be reached.
        """
        keys = self._access.keys
        fields = ("HMGET", keys.task(task_id), "seq", "epoch", "again")
        present = ("HGET", f"{keys.prefix}:epoch", "number")
        (seq, epoch, again), now = self._access.connection.commands([fields, present])
        if seq is None:
            raise unknown(task_id)
        return min(last, int(again or 0) if epoch == now else int(seq))
