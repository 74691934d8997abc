"""The calls under way, by the key their caller gave, so that they can be cancelled from outside."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class UnderWay:
    """One call: whether its request may have reached the server, and whether it was cancelled by its key."""

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        self._task = task
        self.sent = False
        self.cancelled = False

    def cancel(self) -> None:
        """Cancel it."""
        if self._task is not None:
            self.cancelled = True
            self._task.cancel()

    def caught(self) -> bool:
        """Whether the cancellation that arrived is ours; then it has done its work."""
        if self.cancelled and self._task is not None:
            self._task.uncancel()
        return self.cancelled


class CallsUnderWay:
    """Calls by key. One key may have several."""

    def __init__(self) -> None:
        self._by_key: dict[object, set[UnderWay]] = {}

    @contextmanager
    def begin(self, key: object) -> Iterator[UnderWay]:
        """The present task's call, as long as it lasts."""
        call = UnderWay(asyncio.current_task())
        if key is None:
            yield call
            return
        self._by_key.setdefault(key, set()).add(call)
        try:
            yield call
        finally:
            self._by_key[key].discard(call)
            if not self._by_key[key]:
                del self._by_key[key]

    def cancel(self, key: object) -> None:
        """Cancel every call of a key."""
        for call in list(self._by_key.get(key, ())):
            call.cancel()


def heard(attempt: asyncio.Task[Any]) -> None:
    """Look at a failure that nobody waits for any more, so that asyncio does not complain of it."""
    if not attempt.cancelled():
        attempt.exception()
