"""Held: the leases this process holds now. Whoever works adds one; the pump renews them all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Lease(NamedTuple):
    """A granted claim. It is also the key of the call made under it."""

    task_id: str
    subtask_id: str  #: empty for the planner's own step
    token: int


class Held:
    """A set of leases, safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: set[Lease] = set()

    @contextmanager
    def holding(self, lease: Lease) -> Iterator[Lease]:
        """Hold a lease for as long as the block runs."""
        with self._lock:
            self._leases.add(lease)
        try:
            yield lease
        finally:
            with self._lock:
                self._leases.discard(lease)

    def leases(self) -> list[Lease]:
        """All of them, as they are now."""
        with self._lock:
            return sorted(self._leases)
