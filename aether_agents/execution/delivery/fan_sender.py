"""FanSender: sends the children of a fan-out, as a chord in the place of its message, or one by one."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from celery import Task, chord
from celery.exceptions import Ignore

from aether_agents.execution.delivery.fan_out import Items
from aether_agents.execution.delivery.leases import Lease
from aether_agents.execution.delivery.sender import Sender
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.store import Delivery, Granted, Store

log = logging.getLogger(__name__)

#: Seconds one fan-out waits for another of its process: a thousand children take about one.
TIMEOUT = 30.0


class FanSender:
    """Sends children, one fan-out of a process after the other. Thread-safe.

    Ten at once would share one interpreter until the last of them is sent, and no child would begin before that.
    """

    def __init__(self, store: Store, sender: Sender, store_retry: StoreRetry) -> None:
        self._store = store
        self._sender = sender
        self._store_retry = store_retry
        self._turn = threading.Lock()

    def send(self, celery_task: Task | None, lease: Lease, claim: Granted, items: Items) -> NoReturn:
        """Make the subtask the join of its children, and send these.

        Raises:
            Ignore: always; the branch of the canvas ends here, or goes on with the chord.
        """
        with self._in_turn():
            self._send(celery_task, lease, claim, items)
        raise Ignore

    def _send(self, celery_task: Task | None, lease: Lease, claim: Granted, items: Items) -> None:
        children, own = items.children, celery_task is not None
        window = claim.subtask.max_parallel or len(children)
        if claim.subtask.kept_items is not None:
            self._sender.attempt(
                self._store_retry.ask(lambda: self._store.tasks.fan_rerun(*lease, *items, window=window))
            )
            return
        fanned = self._store_retry.ask(
            lambda: self._store.tasks.fan(*lease, children, window=window, may_canvas=own, head=claim.head)
        )
        if fanned.kind != "ok" or not fanned.canvas or celery_task is None:
            self._sender.attempt(fanned.deliveries)
            return
        names = [child.id for child in children]
        queue, priority = claim.subtask.specialist, claim.priority
        header = [self._sender.signature(Delivery(lease.task_id, name, queue, priority)) for name in names]
        join = self._sender.signature(Delivery(lease.task_id, lease.subtask_id, queue, priority))
        try:
            self._sender.replace(celery_task, chord(header, join))
        except Ignore:
            raise
        except Exception as error:  # noqa: BLE001 - whatever Celery makes of the nesting, the plan goes on directly
            log.warning("Celery refused the chord (%s): sent directly", type(error).__name__)
            self._sender.attempt(self._store_retry.ask(lambda: self._store.tasks.flip(lease.task_id)))

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        mine = self._turn.acquire(timeout=TIMEOUT)  # not for ever: the one before may wait for a store that is away
        try:
            yield
        finally:
            if mine:
                self._turn.release()
