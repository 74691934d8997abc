"""WarmShutdown: how a worker lets go when it is told to. It takes nothing new; its calls end by themselves, or are cut.

SIGTERM comes from whoever deploys: calls get the whole grace of the settings. SIGINT is a person's Ctrl-C, who waits at
the terminal: they get a moment. Told a second time, in whatever way, it cuts at once.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

#: Seconds that calls get when a person presses Ctrl-C.
QUICK = 2.0
#: The two things a forked child has to hear of, in their order.
REFUSE, CUT = 0, 1


class Working(Protocol):
    """What is told to end: the services of a process."""

    def refuse(self) -> None:
        """Take nothing new from now on."""

    def cut(self) -> None:
        """Cancel the calls that are under way."""


class WarmShutdown:
    """The end of one worker, in the process that hears its signals and in the children that run its messages."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._told = False
        self._again = threading.Event()
        self._pipes: list[tuple[int, int]] = []  # a child hears of a step when the parent's side of its pipe closes

    def before_forks(self) -> None:
        """Children may be forked: Celery tells them nothing."""
        self._pipes = [os.pipe(), os.pipe()]

    def in_child(self, services: Working) -> None:
        """In a forked child: follow what the parent is told. A parent that was killed has told all."""
        for (heard, held), act in zip(self._pipes, (services.refuse, services.cut), strict=False):
            if held >= 0:
                os.close(held)
            threading.Thread(target=_at_end_of, args=(heard, act), daemon=True).start()
        self._pipes = []

    def told(self, services: Working, signal: str) -> None:
        """The worker was told to end. Called where a signal is handled: all that takes a lock is left to a thread."""
        if self._told:
            self._again.set()
            return
        self._told = True
        threading.Thread(target=self._end, args=(services, signal), name="aether-ending", daemon=True).start()

    def _end(self, services: Working, signal: str) -> None:
        services.refuse()
        self._close(REFUSE)
        seconds = min(QUICK, self._grace) if signal == "SIGINT" else self._grace
        log.info("told to end (%s): calls under way have %g s, then they are cancelled", signal, seconds)
        self._again.wait(seconds)
        services.cut()
        self._close(CUT)

    def _close(self, step: int) -> None:
        if self._pipes:
            heard, held = self._pipes[step]
            self._pipes[step] = (heard, -1)
            os.close(held)


def _at_end_of(pipe: int, act: Callable[[], None]) -> None:
    """Wait until the other side of a pipe is closed, then act."""
    os.read(pipe, 1)
    act()
