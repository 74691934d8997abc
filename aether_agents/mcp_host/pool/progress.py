"""ProgressReports: progress from the loop's thread to the thread that waits for the call."""

import threading
import time
from collections import deque
from collections.abc import Iterator

#: Reports kept for a thread that is slow to take them; the oldest are dropped.
KEPT = 64

Heard = tuple[float | None, str]


class ProgressReports:
    """Filled by the loop, emptied by the caller, so that a slow callback never holds up the loop."""

    def __init__(self) -> None:
        self._news: deque[Heard] = deque(maxlen=KEPT)
        self._changed = threading.Condition()
        self._closed = False

    def put(self, fraction: float | None, message: str) -> None:
        """Add a report."""
        with self._changed:
            self._news.append((fraction, message))
            self._changed.notify()

    def close(self, *_: object) -> None:
        """Nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def follow(self, seconds: float) -> Iterator[Heard]:
        """Reports as they come, until it is closed.

        Raises:
            TimeoutError: it was not closed in time.
        """
        limit = time.monotonic() + seconds
        while True:
            with self._changed:
                while not self._news and not self._closed:
                    if not self._changed.wait(limit - time.monotonic()):
                        raise TimeoutError
                if not self._news:
                    return
                heard = self._news.popleft()
            yield heard
