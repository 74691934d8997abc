"""Identity: a process that is known to be the one that was started, not another one with the same number."""

import os
import signal
import time
from pathlib import Path
from typing import NamedTuple, Self

import psutil

#: Seconds a process is given to end when it is asked to, before it is killed.
PATIENCE = 3.0


class Identity(NamedTuple):
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

    def end(self, patience: float = PATIENCE) -> None:
        """End it and its process group: ask, wait, kill. Does nothing to any other process."""
        self._send(signal.SIGTERM)
        if not self._gone(patience):
            self._send(signal.SIGKILL)
            self._gone(patience)

    def _send(self, what: signal.Signals) -> None:
        try:
            group = os.getpgid(self.pid)
            if self.alive() and group != os.getpgrp():  # its group is its own: each is started in a session of its own
                os.killpg(group, what)
        except (ProcessLookupError, PermissionError):
            return

    def _gone(self, patience: float) -> bool:
        end = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


def _born(pid: int) -> str:
    """When a process was born, in a form that no restart of the machine repeats; "" if there is no such process."""
    try:
        if os.path.exists("/proc/self/stat"):  # noqa: PTH110 - asked often
            # Field 2 may hold spaces and brackets; 3 is the state, 22 the birth in ticks since the machine started.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except (OSError, IndexError, psutil.Error):
        return ""
