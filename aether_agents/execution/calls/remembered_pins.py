"""RememberedPins: the pins that were accepted of each server, kept on this machine too, in AETHER_HOME.

The catalogue says the same, sealed; but whoever can write to the store can take an entry out, or put an older one in
its place, and a server whose tools have changed would be seen as if for the first time. Each acceptance has a number;
what this machine has seen with a higher one holds.
"""

import fcntl
import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from aether_agents.contracts import Contract
from aether_agents.process.private_folder import make_private
from aether_agents.process.regular_file import read_regular
from aether_agents.store import Accepted, CatalogueEntry

log = logging.getLogger(__name__)

FILE = "pins.json"


class _File(Contract):
    """The file as it is written."""

    version: Literal[1] = Field(default=1, description="Of this form.")
    servers: dict[str, Accepted] = Field(default_factory=dict, description="What was accepted, by server.")


class RememberedPins:
    """The memory of one home, shared by its workers. Thread-safe. Without a home it remembers nothing."""

    def __init__(self, home: Path | None) -> None:
        self._file = home / FILE if home is not None else None
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Accepted] = {}

    def of(self, server: str) -> Accepted | None:
        """What was accepted of a server; none if it was never seen here."""
        with self._lock:
            self._read_if_changed()
            return self._known.get(server)

    def keep(self, entry: CatalogueEntry) -> None:
        """Remember what an entry says, unless a later acceptance for the same specification is remembered."""
        now = Accepted(
            spec_digest=entry.spec_digest,
            number=entry.number,
            pins=entry.accepted,
            unseen=entry.unseen,
            by=entry.accepted_by,
            at=time.time(),
        )
        known = self.of(entry.server)
        if self._file is None or (known is not None and (_is_same(known, now) or _is_later(known, now))):
            return
        make_private(self._file.parent)
        with self._lock, self._file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read_if_changed()
            known = self._known.get(entry.server)
            if known is None or not _is_later(known, now):
                self._known = {**self._known, entry.server: now}
                self._write(self._file)

    def _read_if_changed(self) -> None:
        if self._file is None:
            return
        try:
            found = self._file.stat()
        except OSError:
            return
        stamp = found.st_mtime_ns, found.st_ino
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = dict(_File.model_validate_json(read_regular(self._file)).servers)
        except (OSError, ValidationError) as error:
            log.error("%s is damaged: what was accepted is known from the catalogue alone: %s", self._file, error)  # noqa: TRY400 - the lines of our own reading say nothing

    def _write(self, file: Path) -> None:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".pins-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as draft:
            draft.write(_File(servers=self._known).model_dump_json(indent=1))
            draft.flush()
            os.fsync(draft.fileno())
        Path(name).replace(file)


def _is_same(known: Accepted, now: Accepted) -> bool:
    return known == now.model_copy(update={"at": known.at})


def _is_later(known: Accepted, now: Accepted) -> bool:
    return known.spec_digest == now.spec_digest and known.number > now.number
