"""LateEndings: how cancelled calls ended that might still have been running, kept until a heartbeat records it."""

import threading
from collections import deque

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.leases import Lease
from aether_agents.store import Store

#: Ends kept while the store is away; the oldest are dropped.
KEPT = 1_000


class LateEndings:
    """Heard on the host's loop, recorded by the heartbeat. Thread-safe."""

    def __init__(self) -> None:
        self._ends: deque[tuple[Lease, str]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def heard(self, key: object, how: str, seconds: float) -> None:
        """A call that was made under a lease is over."""
        if isinstance(key, Lease):
            with self._lock:
                self._ends.append((key, f"{how} {seconds:.1f} s after it was cancelled"))

    def record(self, store: Store) -> None:
        """Record every end that was heard.

        Raises:
            StoreUnavailable: the store is away; what is not recorded is kept.
        """
        while True:
            with self._lock:
                if not self._ends:
                    return
                lease, said = self._ends.popleft()
            try:
                store.tasks.note_end(*lease, said)
            except StoreUnavailable:
                with self._lock:
                    self._ends.appendleft((lease, said))
                raise
