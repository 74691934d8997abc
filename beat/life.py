"""Signs of life of beat: a file for probes, and a word in the store for whoever looks at metrics."""

import logging
import os
import socket
import threading
import time
from pathlib import Path

from aether_agents.errors import AetherError
from aether_agents.store import Store

log = logging.getLogger(__name__)

#: Seconds within which whoever fires looks at what is due, also on a busy machine; one that does not hangs.
HANG_TIMEOUT = 60.0


class Life:
    """Whether this beat fires the schedules or waits for its turn. Signs are given by the watch, every few seconds."""

    def __init__(self, store: Store, file: Path | None) -> None:
        """`file` is `delivery.alive_file`."""
        self._store = store
        self._file = file
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._lock = threading.Lock()
        self._fires, self._looked = False, time.monotonic()

    def looked(self) -> None:
        """It is this beat's turn, and it looks at what is due now."""
        with self._lock:
            self._fires, self._looked = True, time.monotonic()

    def waits(self) -> None:
        """Another has the turn, or the store is waited for."""
        with self._lock:
            self._fires = False

    @property
    def hangs(self) -> bool:
        """Whether it is this beat's turn, and it has not looked for too long."""
        with self._lock:
            return self._fires and time.monotonic() - self._looked > HANG_TIMEOUT

    def sign(self) -> None:
        """Give the signs, unless it hangs: then none is given, and who looks at them starts it again."""
        if self.hangs:
            log.error("beat hangs: it has not looked at what is due for %.0f s; start it again", HANG_TIMEOUT)
            return
        if self._file is not None:
            self._file.touch()
        with self._lock:
            fires, ago = self._fires, time.monotonic() - self._looked
        try:
            self._store.beats.say(self._name, "fires" if fires else "waits", ago)
        except AetherError as error:
            log.debug("the store does not hear this beat: %s", error)

    def leave(self) -> None:
        """It ends in good order."""
        try:
            self._store.beats.say(self._name, "left")
        except AetherError as error:
            log.debug("the store does not hear that this beat ends: %s", error)
