"""ReportRetention: removes the reports of tasks that are long forgotten, on the machine that wrote them.

Each worker of a machine may look; what one has removed, the other does not find. What is not a folder named by an
id of ours is left alone (`reports/files` has bounds of its own), and so is a task that the store still knows.
"""

import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from aether_agents.errors import StoreUnavailable

log = logging.getLogger(__name__)

#: Seconds between two looks.
EVERY = 3_600.0
#: Folders that one look removes at most: what is left, the next one takes.
MOST = 1_000

#: An id that we drew. One that somebody chose may as well be the name of a folder of his own: that is left alone.
_DRAWN_ID = re.compile(r"[0-9a-f]{12}")

#: Which of these tasks the store knows.
Known = Callable[[list[str]], set[str]]


class ReportRetention:
    """Looks once an hour, on a thread of its own: a slow disk keeps nothing else waiting."""

    def __init__(self, home: Path, days: float, known: Known) -> None:
        """`days` after its last change a report is removed; 0: never."""
        self._folder = home / "reports"
        self._seconds = days * 86_400
        self._known = known
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="report-retention", daemon=True)

    def start(self) -> None:
        """Begin to look, if there is something to remove at all."""
        if self._seconds:
            self._thread.start()

    def stop(self) -> None:
        """Look no more, and wait for a look that is under way."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def clean(self) -> int:
        """Remove what is over its time; how many folders.

        Raises:
            StoreUnavailable: nobody says which tasks are known; nothing was removed.
        """
        old = [path for path, changed in self._folders() if changed < time.time() - self._seconds][:MOST]
        known = self._known([path.name for path in old]) if old else set()
        count = 0
        for path in (one for one in old if one.name not in known):
            if self._over.is_set():
                break
            shutil.rmtree(path, ignore_errors=True)
            count += not path.exists()
        return count

    def _folders(self) -> Iterator[tuple[Path, float]]:
        """The folders of tasks, each with the time of its last change, the oldest first."""
        try:
            with os.scandir(self._folder) as entries:
                found = [one for one in entries if one.is_dir(follow_symlinks=False) and _DRAWN_ID.fullmatch(one.name)]
        except OSError:
            return
        aged = [(Path(one.path), _changed(Path(one.path))) for one in found]
        yield from sorted(aged, key=lambda one: one[1])

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                if count := self.clean():
                    log.info("removed the reports of %d tasks, which are older than retention.report_days", count)
            except StoreUnavailable:
                log.debug("the store is away: no report is removed")
            self._over.wait(EVERY)


def _changed(folder: Path) -> float:
    """When something in a folder was last written; now, where that cannot be read."""
    try:
        times = [folder.stat().st_mtime]
        times += [(Path(root) / name).lstat().st_mtime for root, _, names in os.walk(folder) for name in names]
    except OSError:
        return time.time()
    return max(times)
