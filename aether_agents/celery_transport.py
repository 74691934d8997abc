"""Celery's way to Redis, made to outlive a broker that is away while messages are not acknowledged yet.

kombu 5.7 closes the channel of a lost connection, but messages that came through it are acknowledged later, on that
channel. It then looks for the address of a connection that is no more, and its AttributeError ends the worker, which
treats a ConnectionError as what it is: that message was not acknowledged, and a claim will refuse it if it comes again.
"""

from typing import Any

from celery.app.amqp import AMQP
from kombu import connection
from kombu.transport import redis

from aether_agents.celery_producers import BoundedProducers


class LastingChannel(redis.Channel):
    """A channel that says that it was closed."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("the connection of this channel was closed")
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]


class LastingTransport(redis.Transport):
    """Makes such channels."""

    Channel = LastingChannel


class LastingConnection(connection.Connection):
    """Uses that transport."""

    def get_transport_cls(self) -> type[LastingTransport]:
        """The transport, whatever the address is called."""
        return LastingTransport


class LastingAMQP(AMQP):  # type: ignore[misc]  # celery has no types
    """Celery's part that makes connections, and the pool of producers on them."""

    Connection = LastingConnection

    _producer_pool: BoundedProducers | None = None  # a fork sets it back

    @property
    def producer_pool(self) -> BoundedProducers:
        """The pool that the whole process sends through; a fork makes its own."""
        if self._producer_pool is None:
            self._producer_pool = BoundedProducers(self.app.pool, limit=self.app.pool.limit)  # type: ignore[no-untyped-call]
        return self._producer_pool
