"""What a process owes the broker: messages that it took and could not acknowledge yet. It outlives every connection."""

import threading
from collections import defaultdict
from typing import Any

#: More than any store can have been away for; what is beyond comes again after the visibility time-out, and is refused.
MOST = 100_000


class Unacknowledged:
    """Tags of messages, safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tags: set[str] = set()

    def add(self, *tags: str) -> None:
        """These are still to be acknowledged."""
        with self._lock:
            if len(self._tags) < MOST:
                self._tags.update(tags)

    def take(self) -> list[str]:
        """All of them; whoever cannot do it adds them again."""
        with self._lock:
            tags, self._tags = self._tags, set()
        return list(tags)


_all: defaultdict[str, Unacknowledged] = defaultdict(Unacknowledged)


def unacknowledged_of(channel: Any) -> Unacknowledged:
    """What this process owes to the queues of a channel, through whichever connection."""
    return _all[f"{channel.connection.client.as_uri()} {channel.global_keyprefix}"]
