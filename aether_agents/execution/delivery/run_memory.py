"""RunMemory: what this process ran that must not run twice, to be told again to a store that came back older."""

import json
import threading
import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import uuid4

from aether_agents.contracts import Intervention, Outcome
from aether_agents.execution.delivery.leases import Lease
from aether_agents.store import Delivery, Store, epoch_of

#: Runs that are remembered at most, the latest ones; and for how many seconds: a store is never older than that.
MOST, SECONDS = 1_000, 300.0
#: Bytes of results that are remembered. Of runs beyond that, only that they ran.
BYTES = 32 * 1024 * 1024

Tell = Callable[[], list[Delivery]]


class _Kept(NamedTuple):
    until: float
    size: int
    tell: Tell


class RunMemory:
    """A bounded set of runs, safe to share between threads. It ends with the process, whose name nobody has again."""

    def __init__(self, store: Store) -> None:
        self.name = uuid4().hex[:16]
        self._store = store
        self._lock = threading.Lock()
        self._runs: dict[Lease, _Kept] = {}
        self._size = 0

    def completed(self, lease: Lease, outcome: Outcome) -> None:
        """Remember the result of a run, before the store is told."""
        size = len(json.dumps(outcome.output, ensure_ascii=False))
        self._keep(lease, size, lambda: self._store.tasks.complete(*lease, outcome).deliveries)

    def asked(self, lease: Lease, question: Intervention) -> None:
        """Remember that a run ended in a question, before the store is told: its call may have been made."""

        def ask() -> list[Delivery]:
            self._store.tasks.ask_subtask(*lease, question)
            return []

        self._keep(lease, len(question.prompt), ask)

    def of_other_epochs(self, epoch: int) -> list[Tell]:
        """How to say again what was granted in another epoch of the store than this, the first to end first."""
        with self._lock:
            self._forget(MOST)
            return [kept.tell for lease, kept in self._runs.items() if epoch_of(lease.token) != epoch]

    def _keep(self, lease: Lease, size: int, tell: Tell) -> None:
        def began() -> list[Delivery]:
            self._store.tasks.renew([lease])  # whose lease then ends, and a person is asked
            return []

        with self._lock:
            self._forget(MOST - 1)
            if self._size + size > BYTES:
                size, tell = 0, began
            self._runs[lease] = _Kept(time.monotonic() + SECONDS, size, tell)
            self._size += size

    def _forget(self, most: int) -> None:
        now = time.monotonic()
        while self._runs and (len(self._runs) > most or next(iter(self._runs.values())).until < now):
            self._size -= self._runs.pop(next(iter(self._runs))).size
