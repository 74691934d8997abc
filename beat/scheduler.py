"""The scheduler of redbeat, with slots: what is due goes through the orchestrator instead of onto a queue."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from redbeat import RedBeatScheduler, RedBeatSchedulerEntry
from redis.exceptions import LockError

from aether_agents.celery_app.due_times import due
from aether_agents.errors import AetherError
from beat.added import SchedulesChanged

log = logging.getLogger(__name__)


class SlotEntry(RedBeatSchedulerEntry):  # type: ignore[misc]  # redbeat has no types
    """An entry that remembers the slot it ran for, not the second it happened to run in: so it never drifts.

    One of a time zone remembers when it was last looked at: Celery looks each hour, as it knows no zone that changes.
    """

    looked: datetime | None = None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """What its successor is made of: Celery hands all of it to the constructor, which does not know `looked`."""
        return ((name, value) for name, value in vars(self).items() if name != "looked")

    def _next_instance(self, last_run_at: datetime | None = None, **more: Any) -> Any:
        slots = self.app.slots[self.name]
        slot = last_run_at or (self.looked if slots.looks_often else None) or slots.latest(datetime.now(UTC))
        return super()._next_instance(last_run_at=slot, **more)

    __next__ = next = _next_instance


class SlotScheduler(RedBeatScheduler):  # type: ignore[misc]  # as above
    """One of all beats holds redbeat's lock and fires; the others wait for it."""

    Entry = SlotEntry
    #: Nothing is sent from here, so no connection to the broker is opened.
    _maybe_due_kwargs: ClassVar[dict[str, Any]] = {}

    def tick(self, *args: Any, **more: Any) -> float:
        """Fire what is due. Who has lost the lock waits for it: he was stopped for long, or the store has lost it."""
        if self._others():
            raise SchedulesChanged
        try:
            self._tell("looked")
            return float(super().tick(*args, **more))
        except LockError:
            log.warning("it may be another beat's turn: this one was stopped, or the store forgot its lock; it waits")
            self._tell("waits")
            self.lock.acquire()
            log.info("it is the turn of this beat again")
            return 0.0

    def _tell(self, what: str) -> None:
        """Tell how it stands; `celery -A beat.celery beat` has nobody who listens."""
        if (life := getattr(self.app, "life", None)) is not None:
            getattr(life, what)()

    def _others(self) -> bool:
        """Whether schedules were added or removed; a store that is away says nothing."""
        changed = getattr(self.app, "changed", None)
        try:
            return changed is not None and bool(changed())
        except AetherError:
            return False

    def apply_async(self, entry: SlotEntry, producer: Any = None, advance: bool = True, **_: Any) -> None:  # noqa: ARG002
        """Fire what is due of an entry, then remember that. A beat that ends in between fires it again: no harm."""
        now = datetime.now(UTC)
        found = due(self.app.slots[entry.name], entry.last_run_at, now)
        entry.looked = now
        if found is not None:
            self.app.fire(entry.name, found)
        if advance:
            self.reserve(entry)
