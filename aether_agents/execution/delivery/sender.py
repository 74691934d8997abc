"""Sender: puts messages on queues, one by one or as a canvas. What it sends, only the store decides."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from celery import Celery, Task
from celery.canvas import Signature
from celery.exceptions import Ignore
from kombu.exceptions import KombuError, LimitExceeded

from aether_agents.celery_app.app import broker_priority, create_app, name_of, seam_of
from aether_agents.celery_app.producers import Producers
from aether_agents.contracts import PlannedSubtask
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery import canvas
from aether_agents.settings.model import Settings
from aether_agents.store import Delivery
from aether_agents.store.client.refusals import refusal

log = logging.getLogger(__name__)

#: Above this many messages, they are published together: 2.6 times as fast with kombu 5.7.
BATCH_FROM = 9


class Sender:
    """Sends for one process. Thread-safe and safe to use after a fork, as Celery's producers are.

    With `producers`, for the one thread that has a producer of its own.
    """

    def __init__(
        self, app: Celery, producers: Producers | None = None, trouble: Callable[[StoreUnavailable], None] | None = None
    ) -> None:
        """`trouble` hears why something was left to the reaper; without it, the log does."""
        self._app = app
        self._trouble = trouble or _say
        self._producers: Producers = producers or app.producer_or_acquire

    @classmethod
    def to(cls, settings: Settings) -> "Sender":
        """A sender of a process that serves no queue.

        Raises:
            StoreUnavailable: the settings name no broker.
        """
        return cls(create_app(settings, ()))

    def send(self, deliveries: Iterable[Delivery]) -> None:
        """Send one message per delivery, each to its queue.

        Raises:
            StoreUnavailable: the broker cannot be reached. What was not sent, the reaper sends.
        """
        pending = list(deliveries)
        if not pending:
            return
        with _reachable(), self._producers() as producer, _batch(producer, len(pending) >= BATCH_FROM):
            self._publish(pending, producer)

    def attempt(self, deliveries: Iterable[Delivery]) -> None:
        """Send, or leave it to the reaper when the broker is away."""
        try:
            self.send(deliveries)
        except StoreUnavailable as error:
            self._trouble(error)

    def canvas(
        self, task_id: str, subtasks: Sequence[PlannedSubtask], *, priority: int, limit: int
    ) -> Signature | None:
        """The canvas that delivers a plan, or None when it must go directly."""
        queues = {subtask.id: subtask.specialist for subtask in subtasks}
        needs = {subtask.id: subtask.needs for subtask in subtasks}
        return canvas.compile(
            needs,
            lambda name: self.signature(Delivery(task_id, name, queues[name], priority)),
            lambda name: self.seam(queues[name], priority),
            limit,
        )

    def launch(self, whole: Signature) -> bool:
        """Send a canvas through one producer. False if Celery refuses its shape: then the plan must go directly.

        Raises:
            StoreUnavailable: the broker cannot be reached.
        """
        try:
            with self._together():
                whole.apply_async()
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - Celery raises AttributeError, TypeError or RecursionError about nestings
            return False
        return True

    def replace(self, celery_task: Task, whole: Signature) -> None:
        """Send a canvas in the place of the message that is run, through one producer.

        Raises:
            Ignore: it was sent; the branch of the message ends here.
            StoreUnavailable: the broker cannot be reached. Some of it may have been sent.
            Exception: Celery refuses its shape. Some of it may have been sent.
        """
        with self._together():
            try:
                celery_task.replace(whole)
            except Ignore as sent:  # what was put together is sent before it is told
                told = sent
        raise told

    def signature(self, delivery: Delivery) -> Signature:
        """The immutable signature of one subtask's message."""
        return self._app.signature(
            name_of(delivery.queue, delivery.subtask_id),
            args=(delivery.task_id, delivery.subtask_id),
            immutable=True,
            options=_options(delivery.queue, delivery.priority),
        )

    def seam(self, queue: str, priority: int) -> Signature:
        """The immutable signature of a no-op on a queue."""
        return self._app.signature(seam_of(queue), immutable=True, options=_options(queue, priority))

    def close(self) -> None:
        """Let go of all connections."""
        self._app.close()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All that this thread sends in the block goes through one producer, many messages at a time."""
        with _reachable(), self._app.producer_or_acquire() as producer, _batch(producer):
            yield

    def _publish(self, deliveries: Iterable[Delivery], producer: object) -> None:
        for delivery in deliveries:
            ids = (delivery.task_id, delivery.subtask_id) if delivery.subtask_id else (delivery.task_id,)
            self._app.send_task(
                name_of(delivery.queue, delivery.subtask_id),
                args=ids,
                producer=producer,
                **_options(delivery.queue, delivery.priority),
            )


def _options(queue: str, priority: int) -> dict[str, object]:
    return {"queue": queue, "priority": broker_priority(priority), "ignore_result": True}


def _say(error: StoreUnavailable) -> None:
    log.warning("not sent, left to the reaper: %s", error)


def _batch(producer: Any, wanted: bool = True) -> AbstractContextManager[Any]:
    """Publish together what is published in the block, where kombu can (from 5.7 on)."""
    return producer.batch() if wanted and hasattr(producer, "batch") else nullcontext()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except LimitExceeded as error:
        raise StoreUnavailable(
            "no producer was free in time: what was not sent is sent again within seconds"
        ) from error
    except (KombuError, OSError) as error:
        if (refused := refusal(error)) is not None:
            raise refused from error
        raise StoreUnavailable(
            f"the broker cannot be reached ({error}): start one with `aether-agent up`, or set AETHER_REDIS_URL"
        ) from error
