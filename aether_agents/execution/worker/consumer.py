"""Consuming: Celery's consumer, which connects again only when the store takes writes, and says trouble once."""

import time
import warnings
from collections.abc import Sequence
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from aether_agents.errors import StoreRefuses, StoreUnavailable
from aether_agents.execution.delivery.outage import Outage
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store

#: Seconds between two looks whether the store takes writes again.
LOOK_AGAIN = 0.5

#: Seconds between two connections at least: a store at the edge of its memory takes one write and not the next.
REST = 1.0


class Broker:
    """The broker as the process that consumes from it sees it."""

    def __init__(self, settings: Settings, outage: Outage, queues: Sequence[str]) -> None:
        self.queues = tuple(queues)
        self.outage = outage
        self._settings = settings
        self._store: Store | None = None
        self._connected_at = float("-inf")

    def await_writes(self) -> None:
        """Return when the store takes writes.

        Raises:
            WorkerShutdown: the worker was told to end meanwhile.
        """
        rest = max(0.0, self._connected_at + REST - time.monotonic())
        while True:
            time.sleep(rest)
            maybe_shutdown()
            try:
                self.store().try_to_write(self.queues)
            except StoreUnavailable as error:
                self.outage.trouble(error)
                rest = LOOK_AGAIN
            else:
                self._connected_at = time.monotonic()
                self.outage.over()
                return

    def store(self) -> Store:
        """The store, opened when it can be reached.

        Raises:
            StoreUnavailable: it cannot.
        """
        if self._store is None:
            self._store = open_store(self._settings)
        return self._store

    def close(self) -> None:
        """Close the connections. Idempotent."""
        if self._store is not None:
            self._store.close()


class LastingConsumer(Consumer):  # type: ignore[misc]  # celery has no types
    """Celery's consumer, in an app that has a `broker` and a `watchdog`."""

    def connect(self) -> Any:
        """Connect, once the store takes writes: before that, every connection would end at its first message."""
        self.app.watchdog.attend(self)
        self.app.broker.await_writes()
        return super().connect()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Clean up, and say what is wrong once; Celery's own line about each connection is not logged."""
        self.app.broker.outage.trouble(exc if isinstance(exc, StoreRefuses) else f"{type(exc).__name__}: {exc}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CPendingDeprecationWarning)  # about a default that is set
            super().on_connection_error_after_connected(exc)
