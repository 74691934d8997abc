"""Ctrl-C while following: the first one asks for an end, the second one leaves."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self


class Interrupts:
    """While open, the first Ctrl-C calls `on_first` (in a thread) and the second raises KeyboardInterrupt.

    Without `on_first` the first one raises. A handler that does not raise leaves a blocking read of the
    store undisturbed: Python resumes it.
    """

    def __init__(self, on_first: Callable[[], None] | None) -> None:
        self._on_first = on_first
        self._before: Any = None
        self._asking = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """While a person is asked something, every Ctrl-C raises: it ends the question."""
        self._asking = True
        try:
            yield
        finally:
            self._asking = False

    def first(self) -> None:
        """What the first Ctrl-C does, for one that ended a question. Later ones raise."""
        on_first, self._on_first = self._on_first, None
        if on_first is None:
            raise KeyboardInterrupt
        on_first()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._asking or self._on_first is None:
            raise KeyboardInterrupt
        threading.Thread(target=self.first, name="ctrl-c", daemon=True).start()
