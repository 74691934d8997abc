"""ProcessIdentity: a process that is known to be the one that was started, not another one with the same number."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple, Self

#: Where Linux tells of its processes; elsewhere `ps` is asked.
PROC = Path("/proc")

#: Seconds a process is given to end when it is asked to, before it is killed.
TIMEOUT = 3.0


class ProcessIdentity(NamedTuple):
    """A process id, and when the process was born. Ids are used again; a birth is not."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> Self:
        """The identity of a process that runs now."""
        return cls(pid, _born(pid))

    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        return bool(self.born) and _born(self.pid) == self.born

    def stopped(self) -> bool:
        """Whether it is there, but was stopped: it does nothing until it is told to go on."""
        state, born = _told(self.pid)
        return bool(born) and born == self.born and state == "T"

    def end(self, timeout: float = TIMEOUT) -> None:
        """End it and its process group: ask, wait, kill. Does nothing to any other process."""
        self._send(signal.SIGTERM)
        if not self._gone(timeout):
            self._send(signal.SIGKILL)
            self._gone(timeout)

    def _send(self, what: signal.Signals) -> None:
        try:
            group = os.getpgid(self.pid)
            if self.alive() and group != os.getpgrp():  # its group is its own: each is started in a session of its own
                os.killpg(group, what)
        except (ProcessLookupError, PermissionError):
            return

    def _gone(self, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


def _born(pid: int) -> str:
    """When a process was born, in a form that no restart of the machine repeats; "" if there is no such process."""
    return _told(pid)[1]


def _told(pid: int) -> tuple[str, str]:
    """The state of a process in one letter, and when it was born; neither if there is no such process."""
    try:
        if (PROC / "self/stat").exists():
            # Field 2 may hold spaces and brackets; 3 is the state, 22 the birth in ticks since the machine started.
            fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
            state, born = fields[0], f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()}:{fields[19]}"
        else:
            said = subprocess.run(
                ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            state, _, born = said.stdout.strip().partition(" ")
    except (OSError, IndexError):
        return "", ""
    return ("", "") if state[:1] in {"Z", "X"} else (state[:1], born.strip())
