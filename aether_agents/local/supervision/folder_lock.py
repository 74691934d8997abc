"""Possession: exactly one supervisor per folder. The kernel lets go of the lock however its holder ends."""

import fcntl
import logging
import time
from typing import IO

from aether_agents.local.stack_folder import StackFolder
from aether_agents.local.supervision.state_file import read_state
from aether_agents.local.supervisor_link import SupervisorLink

log = logging.getLogger(__name__)

#: Seconds a stack that is just ending may hold the lock, beside the grace of its calls.
TIMEOUT = 15.0


def possess(folder: StackFolder, timeout: float) -> IO[bytes] | None:
    """Take the folder, and end what a killed predecessor left in it. None: another supervisor has it and answers.

    Raises:
        TimeoutError: another one has it and does not answer.
    """
    lock = folder.lock.open("ab")
    end = time.monotonic() + timeout
    while not _locked(lock):
        if line := SupervisorLink.to(folder.control):
            line.close()
            return None
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
    for info, identity in read_state(folder.state):
        if identity.alive():
            log.warning("%s (process %d) was left by a supervisor that was killed: ending it", info.name, info.pid)
            identity.end()
    folder.state.unlink(missing_ok=True)
    folder.control.unlink(missing_ok=True)
    return lock


def _locked(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
