"""SideThreads: runs what waits behind calls that stand, on further threads: a hung server delays only itself.

The store decides: it gives what waits for another server or owner than those that hold the threads, and nothing else.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from aether_agents.execution.delivery.leases import Leases
from aether_agents.execution.worker.occupancy import STANDS_AFTER, Occupancy
from aether_agents.process.boot_clock import now
from aether_agents.store import PLANNER, Granted, Store, Unopened

log = logging.getLogger(__name__)

#: Runs what was granted: its queue, the grant, and when it was asked for.
Run = Callable[[str, Granted | Unopened, float], None]


class SideThreads:
    """At most so many runs beside the threads of one process."""

    def __init__(self, store: Store, room: Occupancy, held: Leases, run: Run, queues: Sequence[str], most: int) -> None:
        self._store = store
        self._room = room
        self._held = held
        self._run = run
        self._queues = tuple(queue for queue in queues if queue != PLANNER)
        self._most = most
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._stopped = False

    def turn(self) -> None:
        """Look whether something waits that has more right to a thread than what stands on them.

        Raises:
            StoreUnavailable: the store is away.
        """
        for queue in self._queues if self._room.stands() else ():
            while self._may_take():
                asked_at = now()
                claim = self._store.tasks.take(queue, self._held.leases(), STANDS_AFTER)
                if claim is None or claim.instead is None:
                    break
                log.info("all threads stand in calls: %s of %s runs beside them", *reversed(claim.instead))
                self._begin(queue, claim, asked_at)

    def end(self) -> None:
        """Take nothing more; what runs goes on."""
        self._stopped = True

    def stop(self, timeout: float = 5.0) -> None:
        """Take nothing more, and wait for what runs."""
        self._stopped = True
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout)

    def _may_take(self) -> bool:
        with self._lock:
            return not self._stopped and len(self._threads) < self._most

    def _begin(self, queue: str, claim: Granted | Unopened, asked_at: float) -> None:
        thread = threading.Thread(target=self._work, args=(queue, claim, asked_at), name="aether-beside", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _work(self, queue: str, claim: Granted | Unopened, asked_at: float) -> None:
        try:
            self._run(queue, claim, asked_at)
        except Exception:
            log.exception("unexpected beside the threads")
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
