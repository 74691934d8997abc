"""Occupancy: how full a process is, and since when nothing of what it runs has ended."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds without an end after which a full process stands: what waits behind it is looked at.
STANDS_AFTER = 0.5


class Occupancy:
    """The threads of one process, and the messages on them. Thread-safe."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._taken = 0
        self._moved = time.monotonic()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A message is on a thread for as long as the block runs."""
        with self._lock:
            self._taken += 1
            self._moved = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
                self._moved = time.monotonic()

    def full(self) -> bool:
        """Whether every thread has a message."""
        with self._lock:
            return self._taken >= self._threads

    def stands(self) -> bool:
        """Whether every thread has a message, and none has ended for a moment."""
        with self._lock:
            return self._taken >= self._threads and time.monotonic() - self._moved >= STANDS_AFTER
