"""Key types: whether each key of ours, and each queue of Celery's, holds the kind of thing that belongs there.

Somebody else's program under the same prefix, or a restore that went wrong, can leave another: then whatever is done
with that key fails, and a worker whose queue it is takes no message.
"""

from collections.abc import Iterable, Mapping
from itertools import product

from aether_agents.errors import StoreRefuses
from aether_agents.store.client.store_client import StorePart

#: What belongs there, by what it is. The keys of tasks are known by their tasks alone, and are looked at with them.
_OURS: Mapping[str, tuple[str, ...]] = {
    "zset": ("due", "queued", "line", "runs", "recent", "witnesses", "waits", "workers"),
    "hash": ("catalogue", "catalogue:2", "epoch", "libraries", "counts", "schedules", "turns"),
    "stream": ("epochs", "security", "ended"),
    "set": ("active",),
    "string": ("slots", "key"),
}
_CELERYS = {"unacked": "hash", "unacked_index": "zset"}

#: Celery's steps of priority that may hold messages of a queue.
PRIORITY_STEPS = range(10)


class KeyTypes(StorePart):
    """Asked of the server, all at once."""

    def wrong(self, queues: Iterable[str]) -> list[str]:
        """Each key that holds something else than belongs there, with the fix; `queues` are looked at beside ours.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        expected = self._expected(queues)
        found = self._access.connection.commands([("TYPE", key) for key in expected])
        return [
            f"{key} holds a {there.decode()}, and a {kind} belongs there: move it away with `RENAME {key} {key}.moved`"
            for (key, kind), there in zip(expected.items(), found, strict=True)
            if there.decode() not in (kind, "none")
        ]

    def require(self, queues: Iterable[str]) -> None:
        """Make sure that each holds what belongs there.

        Raises:
            StoreUnavailable: the server cannot be reached, or (StoreRefuses) one holds something else.
        """
        if wrong := self.wrong(queues):
            raise StoreRefuses(f"the store at {self._access.connection.address} answers, but refuses ({wrong[0]})")

    def _expected(self, queues: Iterable[str]) -> dict[str, str]:
        keys = self._access.keys
        expected = {f"{keys.prefix}:{name}": kind for kind, names in _OURS.items() for name in names}
        expected |= {f"{keys.prefix}:celery:{name}": kind for name, kind in _CELERYS.items()}
        expected |= {f"{keys.prefix}:celery:_kombu.binding.{queue}": "set" for queue in queues}
        return expected | {keys.queue(queue, step): "list" for queue, step in product(queues, PRIORITY_STEPS)}
