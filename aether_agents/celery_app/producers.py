"""Producers: a thread has one at most, and no thread waits for one without a bound.

Celery 5.7 asks its pool again for each group inside a group. Sixteen threads that each hold one of ten producers and
wait for a second one wait for ever. Here whatever is sent while a thread has a producer goes through that one, and what
is waited for fails after `TIMEOUT` with an error that the sender names; the reaper sends what was not sent.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from celery import Celery
from kombu.messaging import Producer
from kombu.pools import ProducerPool

#: Seconds a thread waits for a producer or for the connection below one.
TIMEOUT = 10.0

#: Producers beside those of the threads that run messages: what a worker's own threads send now and then.
SPARE = 3

#: Opens a producer for as long as its block lasts.
Producers = Callable[[], AbstractContextManager[Any]]


class BoundedProducers(ProducerPool):
    """A pool that waits for a connection no longer than for a producer."""

    def _acquire_connection(self) -> Any:
        return self.connections.acquire(block=True, timeout=TIMEOUT)


class SendingCelery(Celery):  # type: ignore[misc]  # celery has no types
    """A Celery object whose threads hold one producer each, however deeply what they send is nested."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._of_thread = threading.local()

    @contextmanager
    def producer_or_acquire(self, producer: Any = None) -> Iterator[Any]:
        """The given producer, the one this thread has, or one of the pool until the block ends.

        Raises:
            LimitExceeded: none was free within `TIMEOUT` seconds.
        """
        known = producer or getattr(self._of_thread, "producer", None)
        if known is not None:
            yield known
            return
        with self.producer_pool.acquire(block=True, timeout=TIMEOUT) as taken:
            self._of_thread.producer = taken
            try:
                yield taken
            finally:
                self._of_thread.producer = None


class OwnProducer:
    """A producer on a connection of its own, for the one thread that must never wait behind others.

    Made when first used, and again after a fault.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Any = None
        self._producer: Any = None

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        """The producer, until the block ends."""
        if self._producer is None:
            self._connection = self._app.connection_for_write()
            self._producer = Producer(self._connection)  # type: ignore[no-untyped-call]  # kombu has no types
        try:
            yield self._producer
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.release()
