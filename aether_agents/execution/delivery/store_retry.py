"""StoreRetry: a store that is away or refuses is asked again, for as long as it takes nothing at all.

A finished call's outcome is held by its thread meanwhile: no more than there are threads, and without an end, because
nothing else could be done with it. Only a store that takes all else and refuses this one thing is given up.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from celery.exceptions import Ignore

from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.outage import Outage

log = logging.getLogger(__name__)
Value = TypeVar("Value")

#: Seconds before it is asked again: first, and at most.
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0


class StoreRetry:
    """Asks again for one process: it ends for all when the process does."""

    def __init__(self, outage: Outage | None = None, most: float = 300.0) -> None:
        """`most` is for how many seconds something is offered to a store that takes all else."""
        self._most = most
        self.outage = outage or Outage()
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
            Ignore: it refuses this alone, or this process is to end. The lease ends, and the reaper decides.
        """
        refused, well, wait = 0.0, self.outage.well, FIRST_WAIT
        while True:
            try:
                return ask()
            except StoreUnavailable as error:
                self.outage.trouble(error)
                refused += wait if self.outage.well > well else 0.0  # all else went through since the last time
                well = self.outage.well
                if refused > self._most or self._stopping.wait(wait):
                    log.error("given up: %s", error)  # noqa: TRY400 - the traceback of a lost connection says nothing
                    raise Ignore from error
                wait = min(2 * wait, LONGEST_WAIT)
