"""The append-only file of a server on this machine, brought to its disk by us.

A server that syncs once a second answers before that, and some of them answer `WAITAOF` too early as well: Valkey 9.1
says after a few milliseconds what is true up to a second later (watched with strace). Who may open the file need not
believe it: what the server has answered, it has written there before, and `fsync` waits until the disk has all of it.
"""

import fcntl
import os
import time
from pathlib import Path
from uuid import uuid4

from aether_agents.store.client.store_client import StoreClient, StorePart
from aether_agents.store.system.health import Health

#: Milliseconds that the mark lives which is looked for in the file.
MARK_LIVES = 60_000

#: Seconds between two looks for it: a server whose own sync is under way writes a moment later.
LOOK_EVERY = 0.005


class LocalDisk(StorePart):
    """Finds the file by a mark that the server was just told: so it is the right one, whatever its folder is called."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._folder: Path | None = None

    def reaches(self, seconds: float) -> bool:
        """Whether this process may open the file, and could bring it to its disk now.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        health = Health(self._access)
        place, name = health.setting("dir"), health.setting("appenddirname")
        self._folder = Path(place, name) if place and name else None
        return self.sync(seconds)

    def sync(self, seconds: float) -> bool:
        """Bring all that the server has answered so far to its disk; False if it was not seen in its file in time.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        folder, mark = self._folder, uuid4().hex
        if folder is None or not _files(folder):
            return False
        end = time.monotonic() + seconds
        try:
            sizes = {file: file.stat().st_size for file in _files(folder)}
            self._access.connection.command("SET", f"{self._access.keys.prefix}:secured", mark, "PX", MARK_LIVES)
            while not any(_holds(file, sizes.get(file, 0), mark.encode()) for file in _files(folder)):
                if time.monotonic() > end:
                    return False
                time.sleep(LOOK_EVERY)
            for file in _files(folder):  # two, while it is rewritten
                _to_disk(file)
        except OSError:
            return False
        return True


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.incr.aof"))


def _holds(file: Path, before: int, mark: bytes) -> bool:
    with file.open("rb") as opened:
        opened.seek(before)
        return mark in opened.read()


def _to_disk(file: Path) -> None:
    with file.open("rb") as opened:
        if (full := getattr(fcntl, "F_FULLFSYNC", None)) is not None:  # where fsync stops at the disk's own cache
            fcntl.fcntl(opened.fileno(), full)
        else:
            os.fsync(opened.fileno())
