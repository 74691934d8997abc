"""Celery's way to Redis, made to outlive a broker that is away, or that answers and refuses, in the middle of work.

kombu 5.7 closes the channel of a lost connection, but messages that came through it are acknowledged later, on that
channel: it looks for the address of a connection that is no more, and its AttributeError ends the worker. A refusal
(`OOM`, `READONLY`, …) it takes for a fault of the command and lets it end the worker too; an acknowledgement that was
refused keeps its place in the prefetch for ever, and sixteen of those make the worker deaf.

Here a refusal is what a lost connection is: the worker connects again when the store takes writes. What could not be
acknowledged is due, and done as soon as it can be. What lies in a queue and is no message of ours is said, no more.
"""

import logging
from queue import Empty
from typing import Any

from celery.app.amqp import AMQP
from kombu import connection
from kombu.transport import redis, virtual

from aether_agents.celery_app.message_check import fault_of
from aether_agents.celery_app.producers import BoundedProducers
from aether_agents.celery_app.unacknowledged import Unacknowledged, unacknowledged_of
from aether_agents.errors import StoreRefuses
from aether_agents.store.client.connection import PrimaryConnection
from aether_agents.store.client.refusals import named

log = logging.getLogger(__name__)

#: How queues end in which answers to Celery's own questions (`inspect`) wait: those are no Celery tasks.
_ANSWERS = ".pidbox"


class NamingPipeline(redis.PrefixedRedisPipeline):
    """A pipeline whose refusals have their name."""

    def execute(self, raise_on_error: bool = True) -> Any:
        """Send what was put into it."""
        with named():
            return super().execute(raise_on_error)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Put a command into it, or send it at once after a WATCH."""
        with named():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


class NamingRedis(redis.PrefixedStrictRedis):
    """A client whose refusals have their name."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command."""
        with named():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def parse_response(self, *args: Any, **options: Any) -> Any:
        """Read an answer: of a command that waits for messages, too."""
        with named():
            return super().parse_response(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> NamingPipeline:
        """A pipeline that names refusals too."""
        return NamingPipeline(  # type: ignore[no-untyped-call]
            self.connection_pool,
            self.response_callbacks,
            transaction,
            shard_hint,
            global_keyprefix=self.global_keyprefix,
        )


class LastingQoS(redis.QoS):
    """Acknowledges sooner or later whatever was delivered: what cannot be done now is owed."""

    def __init__(self, channel: "LastingChannel", prefetch_count: int = 0) -> None:
        super().__init__(channel, prefetch_count)  # type: ignore[no-untyped-call]  # kombu has no types
        self._unacknowledged: Unacknowledged = unacknowledged_of(channel)

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note what was delivered. If that fails, it is nobody's: the reaper sends another."""
        try:
            super().append(message, delivery_tag)  # type: ignore[no-untyped-call]
        except BaseException:
            self._unacknowledged.add(delivery_tag)
            raise

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message, now or as soon as it can be."""
        self._unacknowledged.add(delivery_tag)
        self._pay()
        virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # it gives its place back in any case

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or acknowledge it; what cannot be given back, the reaper sends."""
        if requeue:
            try:
                self.restore_by_tag(delivery_tag, leftmost=True)
            except self._faults():
                self._unacknowledged.add(delivery_tag)
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
        else:
            self.ack(delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Give back what was delivered and not acknowledged; what cannot be given back, the reaper sends."""
        left = [tag for tag in self._delivered if tag not in self._dirty]
        try:
            while left:
                self.restore_by_tag(left[-1], client=client)
                left.pop()
        except self._faults():
            self._unacknowledged.add(*left)
        self._delivered.clear()

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Put a message back into its queue; what is no message is only forgotten."""
        try:
            super().restore_by_tag(tag, client, leftmost)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.warning("an unacknowledged message cannot be put back (%s): forgotten", type(error).__name__)
            self._unacknowledged.add(tag)

    def restore_visible(self, *args: Any, **options: Any) -> None:
        """Every few seconds: also do what is owed."""
        self._pay()
        super().restore_visible(*args, **options)  # type: ignore[no-untyped-call]

    def _pay(self) -> None:
        """Acknowledge all that is owed, if it can be done now."""
        tags = self._unacknowledged.take()
        if not tags:
            return
        try:
            with self.channel.conn_or_acquire() as client:
                client.pipeline().zrem(self.unacked_index_key, *tags).hdel(self.unacked_key, *tags).execute()
        except self._faults():
            self._unacknowledged.add(*tags)

    def _faults(self) -> tuple[type[BaseException], ...]:
        return (*LastingTransport.connection_errors, *LastingTransport.channel_errors)


class LastingChannel(redis.Channel):
    """A channel that says that it was closed, and that reads on after what cannot be read."""

    QoS = LastingQoS
    connection_class = PrimaryConnection

    def _get_client(self) -> Any:
        super()._get_client()  # type: ignore[no-untyped-call]  # it looks at the client's version

        def client(**options: Any) -> NamingRedis:
            return NamingRedis(global_keyprefix=self.global_keyprefix, **options)  # type: ignore[no-untyped-call]

        return client

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("the connection of this channel was closed")
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]

    def _brpop_read(self, **options: Any) -> Any:
        transport = self.connection
        transport.unread = True
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (Empty, *transport.connection_errors, *transport.channel_errors):
            raise
        except Exception as error:
            if not transport.unread:
                raise
            queues = ", ".join(sorted(set(self._active_queues)))
            log.warning("what lay in a queue of %s is not JSON (%s): left out", queues, type(error).__name__)
            return True
        finally:
            transport.unread = False


class LastingTransport(redis.Transport):
    """Makes such channels. A refusal is to it what a lost connection is."""

    Channel = LastingChannel
    connection_errors = (*redis.Transport.connection_errors, StoreRefuses)

    #: Whether a message is being taken from a queue, and not read yet.
    unread = False

    def _deliver(self, message: Any, queue: str) -> None:
        taken, self.unread = self.unread, False
        if taken and not queue.endswith(_ANSWERS) and (fault := fault_of(message)):
            log.warning("what lay in the queue %s is no message of ours: %s; left out", queue, fault)
            return
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


class LastingConnection(connection.Connection):
    """Uses that transport."""

    def get_transport_cls(self) -> type[LastingTransport]:
        """The transport, whatever the address is called."""
        return LastingTransport

    def Pool(self, limit: int | None = None, **options: Any) -> "LastingPool":
        """A pool of such connections; kombu's own would make plain ones."""
        return LastingPool(self, limit, **options)  # type: ignore[no-untyped-call]


class PooledConnection(LastingConnection, connection.PooledConnection):
    """One of a pool."""


class LastingPool(connection.ConnectionPool):
    """Makes such connections."""

    def new(self) -> PooledConnection:
        """One more."""
        return PooledConnection(self, **dict(self.connection._info(resolve=False)))  # type: ignore[no-untyped-call]


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
