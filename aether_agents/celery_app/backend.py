"""Celery's bookkeeping of chords in Redis, without the part that waits for results.

Nobody of ours asks Celery for a result: outcomes are in the store. Celery's own backend subscribes the *sender* of a
canvas to one channel per member of it and, when results are ignored, never lets go of them.
"""

import logging
from typing import Any

from celery.backends.redis import RedisBackend
from redis import Redis

from aether_agents.errors import StoreRefuses
from aether_agents.process.sentinel_address import DOMAIN
from aether_agents.store.client.connection import PrimaryConnection
from aether_agents.store.client.refusals import leads_elsewhere, named

log = logging.getLogger(__name__)


class NamingClient(Redis):
    """A client whose refusals have their name."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command. After one that another server may take by now, the next opens a connection of its own."""
        try:
            with named():
                return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except StoreRefuses as refused:
            if refused.__cause__ is not None and leads_elsewhere(refused.__cause__):
                self.connection_pool.disconnect(inuse_connections=False)
            raise


class QuietBackend(RedisBackend):  # type: ignore[misc]  # celery has no types
    """A Redis backend that subscribes to nothing, and does not let a store that is away undo what was done."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if str(self.connparams.get("host", "")).endswith(DOMAIN):
            self.connparams["connection_class"] = PrimaryConnection

    def add_pending_result(self, result: Any, weak: bool = False, start_drainer: bool = True) -> Any:  # noqa: ARG002
        """Leave the result alone: nobody will ever wait for it."""
        return result

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing when a message is sent."""

    def on_chord_part_return(self, request: Any, state: Any, result: Any, *args: Any, **options: Any) -> None:
        """Count a member that has ended. If that fails, the store knows all the same: the reaper sends what follows."""
        try:
            super().on_chord_part_return(request, state, result, *args, **options)
        except (StoreRefuses, *self.connection_errors, *self.channel_errors) as error:
            log.debug("a member of a chord was not counted, what follows is left to the reaper: %s", error)

    def _get_client(self) -> type[NamingClient]:
        return NamingClient
