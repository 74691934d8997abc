"""What the processes of one machine have seen of tasks' heads, in a file of AETHER_HOME, where no store can reach.

Kept are the tasks whose head has changed, the latest ones, with the server that gave it. The file is only ever added
to, one short line each, and written anew when half of its lines have been overtaken. Without it (a read-only disk) each
process knows what it has seen itself.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from aether_agents.process.private_folder import make_private

log = logging.getLogger(__name__)

FILE = "heads"
#: In the place of a task: the schedules that people added. It is never forgotten.
OF_SCHEDULES = ":schedules"
#: Tasks that are remembered; twice as many lines are written before the file is written anew.
MOST = 5_000
#: Characters of a life that is ordered in time; those of before were not.
_ORDERED = 20
#: A line: store, task, life, number, server.
_PARTS = 5


class Seen(NamedTuple):
    """A head that was seen."""

    life: str
    number: int
    server: str  #: that gave it, as it was then: another id after each start


def is_later(seen: Seen, life: str, number: int) -> bool:
    """Whether what was seen is later than a head of this life and number."""
    if life in ("", seen.life):
        return number < seen.number
    return len(life) == len(seen.life) == _ORDERED and life < seen.life


class HeadMemory:
    """The file of one home, for the tasks of one store. Thread-safe, and safe between processes."""

    def __init__(self, home: Path, store: str) -> None:
        """`store` says which one: its address and prefix."""
        self._file = home / FILE
        self._store = hashlib.sha256(store.encode()).hexdigest()[:12]
        self._lock = threading.Lock()
        self._known: dict[str, Seen] = {}
        self._read = (0, 0)  #: the file's inode, and how much of it was read
        self._lines = 0
        self._works = True

    def of(self, task_id: str) -> Seen | None:
        """The latest head of a task that was seen here."""
        with self._lock:
            self._catch_up()
            return self._known.get(task_id)

    def keep(self, task_id: str, seen: Seen) -> None:
        """Remember a head, unless it or a later one is remembered."""
        with self._lock:
            if not self._works:
                return
            self._catch_up()
            known = self._known.get(task_id)
            if known == seen or (known is not None and is_later(known, seen.life, seen.number)):
                return
            try:
                self._add(task_id, seen)
            except OSError as error:
                self._works = False
                log.warning("heads are remembered by each process for itself: %s: %s", self._file, error.strerror)

    def _add(self, task_id: str, seen: Seen) -> None:
        make_private(self._file.parent)
        with self._file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._catch_up()
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(_line(self._store, task_id, seen))
            self._catch_up()
            if self._lines > 2 * MOST:
                self._shorten()

    def _catch_up(self) -> None:
        """Read what others have added; all of it when the file was written anew."""
        try:
            found = self._file.stat()
            if (found.st_ino, found.st_size) == self._read:
                return
            with self._file.open("rb") as file:
                inode, read = self._read
                found = os.fstat(file.fileno())
                if found.st_ino != inode or found.st_size < read:
                    inode, read, self._lines = found.st_ino, 0, 0
                file.seek(read)
                new = file.read()
        except OSError:  # not there yet
            return
        whole = new[: new.rfind(b"\n") + 1]  # a line that is just being written is read the next time
        self._read = inode, read + len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            self._lines += 1
            self._learn(line.split(" ", _PARTS - 1))

    def _learn(self, parts: list[str]) -> None:
        if len(parts) != _PARTS or parts[0] != self._store or not parts[3].isdecimal():
            return
        task_id, seen = parts[1], Seen(parts[2].strip("-"), int(parts[3]), parts[4])
        known = self._known.pop(task_id, None)
        self._known[task_id] = known if known and is_later(known, seen.life, seen.number) else seen
        if len(self._known) > MOST:
            del self._known[next(one for one in self._known if one != OF_SCHEDULES)]

    def _shorten(self) -> None:
        """Write the file anew, with the last line of each task only, of other stores too."""
        last: dict[tuple[str, ...], str] = {}
        for line in self._file.read_text("utf-8", "replace").splitlines(keepends=True):
            key = tuple(line.split(" ", 2)[:2])
            last.pop(key, None)
            last[key] = line
        handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".heads-")  # made with mode 0600
        pinned = [line for key, line in last.items() if key[1:] == (OF_SCHEDULES,)]
        rest = [line for key, line in last.items() if key[1:] != (OF_SCHEDULES,)]
        with os.fdopen(handle, "w", encoding="utf-8") as draft:
            draft.writelines([*pinned, *rest[-MOST:]])
        Path(name).replace(self._file)
        self._read = (0, 0)
        self._catch_up()


def _line(store: str, task_id: str, seen: Seen) -> str:
    return f"{store} {task_id} {seen.life or '-'} {seen.number} {seen.server}\n"
