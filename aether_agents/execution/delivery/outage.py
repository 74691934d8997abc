"""Outage: a time in which the store or the broker is away or refuses. It is said once, however many meet it."""

import logging
import threading
import time

from aether_agents.errors import StoreRefuses

log = logging.getLogger(__name__)

#: Seconds in which the same is not said again by a further outage: a store at the edge of its memory comes and goes.
QUIET = 30.0

#: Things that one outage says at most: a fail-over is first a lost connection, then a replica, then one that loads.
MOST = 5


class Outage:
    """Shared by all threads of a process: whoever meets the trouble reports it, and the heartbeat reports its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._said: dict[str, float] = {}  # what was said, and when
        self._aloud = False  # whether this outage has said anything
        self._refusals = 0
        self._well = 0

    @property
    def well(self) -> int:
        """How often the heartbeat could do all it does so far."""
        return self._well

    @property
    def lasts(self) -> bool:
        """Whether there is trouble now."""
        return self._since is not None

    @property
    def refusals(self) -> int:
        """How often the store refused something so far."""
        return self._refusals

    def trouble(self, error: Exception | str) -> None:
        """Somebody could not do what he wanted. A warning, unless that was said."""
        kind = str(error).rpartition("refuses ")[2][:80]
        with self._lock:
            now = time.monotonic()
            self._refusals += isinstance(error, StoreRefuses)
            if self._since is None:
                self._since = now
                self._said = {what: at for what, at in self._said.items() if now - at < QUIET}
            fresh = kind not in self._said and len(self._said) < MOST
            if fresh:
                self._said[kind] = now
                self._aloud = True
        if fresh:
            what = "work waits" if isinstance(error, StoreRefuses) else "the store or the broker is away"
            log.warning("%s: %s", what, error)
        else:
            log.debug("still: %s", error)

    def over(self) -> None:
        """All is well. Said if trouble was."""
        with self._lock:
            aloud, self._aloud, self._since = self._aloud, False, None
            self._well += 1
        if aloud:
            log.info("the store and the broker are back")
