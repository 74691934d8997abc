"""Watchdog: ends a worker that is deaf, so that whoever started it starts it again.

Deaf is a worker that has taken no message for a minute while messages lie in its queues, a thread is free and the store
takes writes: whatever made it so (a lost registration, a place in the prefetch that nobody gives back, a loop that
hangs), it does not go away by itself. Looks are counted, not seconds: a process that was stopped for long is not deaf.
Neither is one that a store refuses something, if only one command of many: another process would get no further.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from celery import signals
from celery.worker import state

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.worker.consumer import Broker
from aether_agents.process.service_manager import ServiceManager
from aether_agents.settings.model import Settings

log = logging.getLogger(__name__)

#: Looks at which a worker has to be deaf, one after the other.
LOOKS = 6

#: Seconds between two looks where no worker is ever taken for deaf: signs of life only.
EVERY = 10.0

#: The exit code of a worker that was deaf.
DEAF = 70

#: Seconds a deaf worker may take to end by itself, beyond what its running calls get.
MARGIN = 10.0

READY, WAITS, IS_DEAF = "ready", "waits for the store", "deaf"


class Consumer(Protocol):
    """What is needed of Celery's consumer."""

    hostname: str
    pool: Any
    on_task_message: set[Callable[[Any], None]]


class Watchdog:
    """One daemon thread in the process that consumes."""

    def __init__(
        self,
        settings: Settings,
        broker: Broker,
        queues: Sequence[str],
        *,
        grace: float,
        tell: Callable[[str], None],
    ) -> None:
        """`grace` is what running calls get when a worker is told to end; `tell` hears each new state."""
        self._settings = settings.delivery
        self._broker = broker
        self._queues = tuple(queues)
        self._grace = grace
        self._tell = tell
        self._manager = ServiceManager()
        every = self._settings.deaf_after / LOOKS if self._settings.deaf_after else EVERY
        self._every = min(every, self._manager.every or every)
        self._needed = max(LOOKS, round(self._settings.deaf_after / self._every))
        self._consumer: Consumer | None = None
        self._taken = self._seen = self._refused = self._deaf_looks = 0
        self._state = READY
        self._spared = False
        self._stopped = threading.Event()

    @property
    def state(self) -> str:
        """`ready`, `waits for the store`, or `deaf`."""
        return self._state

    def attend(self, consumer: Consumer) -> None:
        """Watch over a consumer, from its first connection on. Idempotent."""
        if self._consumer is None:
            self._consumer = consumer
            consumer.on_task_message.add(self._took)
            threading.Thread(target=self._run, name="aether-watchdog", daemon=True).start()

    def spare(self) -> None:
        """The worker was told to end and takes nothing more: that is no deafness. It still gives signs of life."""
        self._spared = True

    def stop(self) -> None:
        """Watch no more. Idempotent."""
        self._stopped.set()

    def look(self) -> None:
        """One look; its result is in `state`."""
        found = self._found()
        if found is not self._state:
            self._state = found
            self._tell(found)
        if found == IS_DEAF:
            return
        self._manager.well()
        if self._settings.alive_file is not None:
            self._settings.alive_file.touch()

    def _run(self) -> None:
        self._manager.ready()
        while not self._stopped.wait(self._every):
            try:
                self.look()
            except Exception:
                log.exception("unexpected in the watchdog")
            if self._state == IS_DEAF:
                self._end()
                return

    def _took(self, _request: object) -> None:
        self._taken += 1

    def _found(self) -> str:
        quiet, self._seen = self._taken == self._seen, self._taken
        try:
            lying = self._lying() if quiet and self._free() else 0
        except StoreUnavailable as error:
            self._broker.outage.trouble(error)
            self._deaf_looks = 0
            return WAITS
        refused, self._refused = self._broker.outage.refusals > self._refused, self._broker.outage.refusals
        if lying and refused:
            self._deaf_looks = 0
            return WAITS
        self._deaf_looks = self._deaf_looks + 1 if lying and self._settings.deaf_after and not self._spared else 0
        if self._deaf_looks < self._needed:
            return WAITS if self._broker.outage.lasts else READY
        seconds = self._needed * self._every
        log.critical(
            "deaf: %d messages lie in %s and a thread is free, but none was taken for %.0f s: "
            "this worker ends with exit code %d, to be started again",
            lying,
            ", ".join(self._queues),
            seconds,
            DEAF,
        )
        return IS_DEAF

    def _lying(self) -> int:
        """How many messages lie in the queues of a store that takes writes.

        Raises:
            StoreUnavailable: it takes none.
        """
        store = self._broker.store()
        if not store.busy(self._queues):  # a command for each, where the count takes one for each priority
            return 0
        store.try_to_write(self._queues)
        return sum(store.backlog(self._queues).values())

    def _free(self) -> bool:
        """Whether a thread is free."""
        limit = getattr(getattr(self._consumer, "pool", None), "limit", None)
        return limit is None or len(state.active_requests) < limit

    def _end(self) -> None:
        """End the worker as if it were told to, and by force if that does not help: its loop may hang."""
        self._manager.ends("deaf")
        last = threading.Timer(self._grace + MARGIN, os._exit, (DEAF,))
        last.daemon = True
        last.start()
        hostname = getattr(self._consumer, "hostname", "")
        signals.worker_shutting_down.send(sender=hostname, sig="deaf", how="Warm", exitcode=DEAF)
        state.should_stop = DEAF  # Celery's loop looks at it in each round
