"""Leases: the leases this process holds now. Whoever works adds one; the heartbeat renews them all.

A process may be stopped for longer than its leases (SIGSTOP, a suspended machine, a starved one), and go on without
knowing it. So each lease has an end by the clock of this machine too, which is asked the moment before a call is sent.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aether_agents.process.boot_clock import now

#: Seconds until a subtask is offered again that only a later version can read: longer each time, up to so many.
_OTHERS_FIRST, _OTHERS_AT_MOST = 10.0, 300.0


class Lease(NamedTuple):
    """A granted claim. It is also the key of the call made under it."""

    task_id: str
    subtask_id: str  #: empty for the planner's own step
    token: int


class Leases:
    """A set of leases, safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long the store holds a lease without a renewal."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._ends: dict[Lease, float] = {}

    @contextmanager
    def holding(self, lease: Lease, asked_at: float) -> Iterator[Lease]:
        """Hold a lease, which was asked for at a time of `now`, for as long as the block runs."""
        with self._lock:
            self._ends[lease] = asked_at + self._seconds
        try:
            yield lease
        finally:
            with self._lock:
                self._ends.pop(lease, None)

    def leases(self) -> list[Lease]:
        """All of them, as they are now."""
        with self._lock:
            return sorted(self._ends)

    def renewed(self, lease: Lease, asked_at: float) -> None:
        """The store has renewed it; it was asked at a time of `now`."""
        with self._lock:
            if lease in self._ends:
                self._ends[lease] = asked_at + self._seconds

    def good(self, lease: Lease) -> bool:
        """Whether a lease is certainly still ours."""
        with self._lock:
            return now() < self._ends.get(lease, float("-inf"))


def others_first(attempts: int) -> float:
    """Seconds in which a process that reads what this one does not may take a subtask."""
    return min(_OTHERS_FIRST * attempts, _OTHERS_AT_MOST)
