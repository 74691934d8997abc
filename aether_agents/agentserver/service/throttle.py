"""Throttle: how often a client is told of progress. A change of status is never held back, nor overtaken."""

from collections.abc import Iterable

from aether_agents.contracts import Event, EventType


class Throttle:
    """Lets everything through at once but progress, of which only the latest per subtask, once per interval."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._pending: dict[str | None, Event] = {}
        self._next = 0.0  # when progress may be told again

    def take(self, events: Iterable[Event], now: float) -> list[Event]:
        """What to tell now, in order, of what has come. `now` is in seconds of a clock that only goes forward."""
        told: list[Event] = []
        for event in events:
            if event.type is EventType.SUBTASK_PROGRESS and self._interval:
                self._pending.pop(event.subtask_id, None)  # the latest goes last: numbers never go back
                self._pending[event.subtask_id] = event
            else:
                if self._pending:
                    told += self._release(now)
                told.append(event)
        if self._pending and now >= self._next:
            told += self._release(now)
        return told

    def wait(self, now: float) -> float | None:
        """Seconds until what is held should be told; none when nothing is."""
        return max(0.0, self._next - now) if self._pending else None

    def _release(self, now: float) -> list[Event]:
        pending = list(self._pending.values())
        if pending:
            self._pending.clear()
            self._next = now + self._interval
        return pending
