"""SideThreads: runs what waits behind calls that stand, on further threads: a hung server delays only itself.

The store decides: it gives what waits for another server or owner than those that hold the threads, and nothing else.
A process that also plans (the embedded stack's) plans what waits there too: else no other task would reach a subtask.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from celery.exceptions import Ignore

from aether_agents.celery_app.message_check import ids_of
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.leases import Leases
from aether_agents.execution.worker.occupancy import STANDS_AFTER, Occupancy
from aether_agents.execution.worker.planner_step import PlannerStep
from aether_agents.process.boot_clock import now
from aether_agents.store import PLANNER, Granted, Store, Unopened
from aether_agents.telemetry import logs

log = logging.getLogger(__name__)

#: Runs what was granted: its queue, the grant, and when it was asked for.
Run = Callable[[str, Granted | Unopened, float], None]


class SideThreads:
    """At most so many runs beside the threads of one process, and one thread that plans, if it may."""

    def __init__(
        self,
        store: Store,
        occupancy: Occupancy,
        leases: Leases,
        run: Run,
        queues: Sequence[str],
        most: int,
        planner_step: PlannerStep | None = None,
    ) -> None:
        self._store = store
        self._occupancy = occupancy
        self._leases = leases
        self._run = run
        self._queues = tuple(queue for queue in queues if queue != PLANNER)
        self._most = most
        self._planner_step = planner_step if most else None
        self._planning = False
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._stopped = False

    def turn(self) -> None:
        """Look whether something waits that has more right to a thread than what stands on them.

        Raises:
            StoreUnavailable: the store is away.
        """
        if not self._occupancy.stands():
            return
        self._plan_what_waits()
        for queue in self._queues:
            while left := self._left():
                asked_at = now()
                claim = self._store.tasks.take(queue, self._leases.leases(), STANDS_AFTER, left)
                if claim is None or claim.instead is None:
                    break
                log.info("all threads stand in calls: %s of %s runs beside them", *reversed(claim.instead))
                self._begin(partial(self._run, queue, claim, asked_at))

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

    def _left(self) -> int:
        """How many more may run beside the threads."""
        with self._lock:
            return 0 if self._stopped else max(0, self._most + self._planning - len(self._threads))

    def _plan_what_waits(self) -> None:
        if self._planner_step is not None and not self._planning and not self._stopped and self._store.busy([PLANNER]):
            self._planning = True
            self._begin(partial(self._plan_on, self._planner_step))

    def _plan_on(self, planner_step: PlannerStep) -> None:
        """Plan for as long as tasks wait and no thread is free."""
        try:
            while self._occupancy.stands() and not self._stopped and (message := self._store.take_message(PLANNER)):
                if len(ids := ids_of(message)) == 1:
                    with logs.about(task_id=ids[0]), suppress(Ignore):
                        planner_step.open(ids[0])
        finally:
            self._planning = False

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._work, args=(work,), name="aether-beside", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except StoreUnavailable:
            log.debug("the store is away: what waits is looked at again when it is back")
        except Exception:
            log.exception("unexpected beside the threads")
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
