"""Patience: a store that is away or refuses is asked again, until it answers or that lasts too long."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from celery.exceptions import Ignore

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.outage import Episode

log = logging.getLogger(__name__)
Value = TypeVar("Value")

#: Seconds for which a finished call's outcome is offered to a store that is away. After that the reaper decides.
PATIENCE = 300.0
#: Seconds before it is asked again: first, and at most.
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0


class Patience:
    """The patience of one process: it ends for all when the process does."""

    def __init__(self, episode: Episode | None = None) -> None:
        self.episode = episode or Episode()
        self._stopping = threading.Event()

    @property
    def over(self) -> bool:
        """Whether this process waits no longer."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Wait no longer for a store that is away."""
        self._stopping.set()

    def ask(self, ask: Callable[[], Value]) -> Value:
        """Ask the store again and again while it is away: a call that was made must not be forgotten.

        Raises:
            Ignore: it stayed away, or this process is to end. The lease ends, and the reaper decides.
        """
        end = time.monotonic() + PATIENCE
        wait = FIRST_WAIT
        while True:
            try:
                return ask()
            except StoreUnavailable as error:
                self.episode.trouble(error)
                if time.monotonic() > end or self._stopping.wait(wait):
                    log.error("given up: %s", error)  # noqa: TRY400 - the traceback of a lost connection says nothing
                    raise Ignore from error
                wait = min(2 * wait, LONGEST_WAIT)
