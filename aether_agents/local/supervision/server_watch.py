"""ServerWatch: sees to it that the server of a stack runs and answers. One that ended, stopped or hangs is replaced."""

import logging
import time

from aether_agents.local.supervision.process_identity import ProcessIdentity
from aether_agents.local.valkey import ValkeyServer

log = logging.getLogger(__name__)

#: Seconds between two questions to a server whose process looks well: each costs it a connection.
ASK_EVERY = 5.0

#: Seconds a server that does not answer may use to end before it is killed.
ENDS_WITHIN = 1.0


class ServerWatch:
    """Starts the server, looks at it, and starts it again. It lives in the supervisor's one loop."""

    def __init__(self, server: ValkeyServer, deaf_after: float) -> None:
        """`deaf_after` is how many seconds it may say nothing before it is replaced; 0: for ever."""
        self._server = server
        self._most = deaf_after
        self._identity = ProcessIdentity(0, "")
        self._silent = 0.0  # seconds of the supervisor, not of the clock: nobody is silent while the machine sleeps
        self._asked_at = 0.0

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._identity.pid

    @property
    def status(self) -> str:
        """`ready`, `stopped` by a signal, or that it does not answer."""
        if self._identity.stopped():
            return "stopped"
        return "does not answer" if self._silent else "ready"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            StackError: it does not.
        """
        self._server.start()
        self._identity, self._silent = ProcessIdentity.of(self._server.pid or 0), 0.0

    def look(self, seconds: float) -> bool:
        """So much time has passed: replace a server that ended, or has said nothing for too long; whether it was.

        Raises:
            StackError: the next one does not start.
        """
        if not self._identity.alive():
            log.error("the server ended; it starts again")
        elif self._answers(seconds) or not self._most or self._silent <= self._most:
            return False
        else:
            log.error("the server has not answered for %.0f s (%s): it is replaced", self._silent, self.status)
        self._server.stop(ENDS_WITHIN)
        self.start()
        return True

    def _answers(self, seconds: float) -> bool:
        """Whether it does as far as is known. One that says that it is busy, or reads its data, answers."""
        if self._identity.stopped():
            self._silent += seconds
            return False
        if not self._silent and time.monotonic() - self._asked_at < ASK_EVERY:
            return True
        self._asked_at = time.monotonic()
        self._silent = 0.0 if self._server.speaks() else self._silent + seconds
        return not self._silent
