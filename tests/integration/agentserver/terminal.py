"""A terminal session as AetherTerm has one: a real shell on a real terminal."""

import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

#: A shell whose controlling terminal is its standard input, as in a login: it has a foreground group.
LOGIN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


class PtySession:
    """`write`, `history`, `closed`, `fd`, `pid`. AetherTerm's shells have no controlling terminal: here both kinds."""

    def __init__(self, *shell: str, folder: Path | None = None, login: bool = False) -> None:
        self.history = ""
        self.closed = False
        self.fd, theirs = pty.openpty()
        command = shell or ("/bin/sh", "-i")
        self._shell = subprocess.Popen(
            (sys.executable, "-c", LOGIN, *command) if login else command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            start_new_session=True,
        )
        self.pid = self._shell.pid
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    async def write(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # without a controlling terminal nothing hangs up its children
        self._shell.wait()
        self._reader.join(10)
        os.close(self.fd)

    def _read(self) -> None:
        with suppress(OSError):  # its shell has ended
            while chunk := os.read(self.fd, 65_536):
                self.history = (self.history + chunk.decode(errors="replace"))[-50_000:]
        self.closed = True
