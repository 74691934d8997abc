"""GuardClient: no MCP server outlives its worker, even one that is killed with SIGKILL.

One guard process per worker holds the reading end of a pipe. The writing end lives in the worker
alone: it is not inherited by servers, and a forked child closes it at once. When the worker is
gone, the guard ends the process groups it was told of.
"""

import contextlib
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

GUARD = Path(__file__).with_name("guard_program.py")

_open: "weakref.WeakSet[GuardClient]" = weakref.WeakSet()


class GuardClient:
    """Tells the guard which process groups to end with this process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._guard: subprocess.Popen[bytes] | None = None
        _open.add(self)

    def watch(self, group: int) -> None:
        """End this process group when this process ends."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended."""
        with self._lock:
            self._groups.discard(group)
            self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the guard end; groups still watched are ended by it. May be called twice."""
        with self._lock:
            guard, self._guard = self._guard, None
        if guard is None:
            return
        _close_pipe(guard)
        with contextlib.suppress(subprocess.TimeoutExpired):
            guard.wait(timeout=3)

    def _tell(self, line: str) -> None:
        """Write to the guard; a guard that was killed is replaced and told everything again."""
        if self._guard is None:
            self._start()
        elif not self._write(line):
            _close_pipe(self._guard)
            self._guard.wait()
            self._start()

    def _start(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={},
            bufsize=0,  # nothing of ours may be waiting in a buffer that a fork would copy
        )
        self._write("".join(f"+{group}\n" for group in self._groups))

    def _write(self, text: str) -> bool:
        pipe = self._guard.stdin if self._guard else None
        if pipe is None:
            return False
        try:
            pipe.write(text.encode())
        except OSError:
            return False
        return True

    def abandon(self) -> None:
        """In a forked child: close the inherited end of the pipe, so that only the parent holds it."""
        self._lock = threading.Lock()  # the parent's may be held by a thread that was not copied
        guard, self._guard = self._guard, None
        self._groups = set()
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.returncode = 0  # the parent's child, not ours: never waited for here


def _close_pipe(guard: subprocess.Popen[bytes]) -> None:
    if guard.stdin is not None:
        with contextlib.suppress(OSError):
            guard.stdin.close()


def _abandon_all() -> None:
    for guard in list(_open):
        guard.abandon()


os.register_at_fork(after_in_child=_abandon_all)
