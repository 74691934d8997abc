"""Linker: links what writers have said, one process at a time, and signs where the chain ends.

What it is given unsigned it does not link: it says so in the record itself, and raises an alarm.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from aether_agents.contracts import Json
from aether_agents.store.audit.audit_log import AuditLog
from aether_agents.store.audit.chain import GENESIS, End, Line, linked, packed, read_new
from aether_agents.store.client.audit_writer import Fields, canonical, entry_of
from aether_agents.store.client.store_client import StoreClient, StorePart

log = logging.getLogger(__name__)

#: Entries that one batch holds, and batches of one round.
BATCH, BATCHES = 500, 20

#: Entries after which a checkpoint is signed at once; and milliseconds after which one is signed if there is any.
MARK_EACH, MARK_AFTER = 1_000, 60_000

#: Seconds between two looks for what is to be retired.
RETIRE_EVERY = 3_600.0


class _Taken(NamedTuple):
    """What the store gives to be linked."""

    end: End
    ended: str  #: the last entry of ended tasks that was told
    marked: int  #: the last checkpoint
    marked_at: int
    lines: tuple[bytes, ...]
    last: str  #: the last entry that was taken
    tasks: tuple[str, ...]  #: that ended
    at: int  #: the store's clock


class Linker(StorePart):
    """One per process. Whether it is this one's turn, the store says (lua/audit.lua)."""

    def __init__(self, access: StoreClient, audit: AuditLog, alarm: Callable[[str, str, str], None]) -> None:
        super().__init__(access)
        self._log = audit
        self._alarm = alarm
        self._retired = 0.0
        self._looked = False
        self._mine: list[Line] = []
        self._begin()

    def _begin(self) -> None:
        """Be another writer: whether the last entries of this one were kept is not known."""
        self._name, self._number = os.urandom(6).hex() + ".0", 0
        self._mine.clear()

    def turn(self) -> None:
        """Link what has come.

        Raises:
            StoreUnavailable: the store is away.
        """
        for _ in range(BATCHES):
            taken = self._take()
            if not self._looked:
                self._look_back(taken)
            try:
                more = self._link(taken)
            except BaseException:
                self._begin()
                raise
            if not more or len(taken.lines) < BATCH:
                break
        self._retire()

    def _take(self) -> _Taken:
        number, link, ended, marked, marked_at, lines, last, tasks, at = self._access.library.call("audit_take", BATCH)
        return _Taken(
            End(int(number), link.decode() or GENESIS),
            ended.decode(),
            int(marked),
            int(marked_at),
            tuple(lines.split(b"\n")) if lines else (),
            last.decode(),
            tuple(tasks.decode(errors="replace").split("\n")) if tasks else (),
            int(at),
        )

    def _look_back(self, taken: _Taken) -> None:
        """Whether the store has come back older than it was when this machine last signed where it ended."""
        self._looked = True
        seen = self._log.heads.last()
        number = seen.get("number")
        if isinstance(number, int) and number > taken.end.number:
            self._log.heads.lost(seen)
            self._say(taken.at, "audit.rolled_back", known=number, found=taken.end.number)
            text = f"the chain ends at {taken.end.number}; this machine has seen it end at {number}"
            self._alarm("audit record", "rolled back", text)

    def _link(self, taken: _Taken) -> bool:
        """Put what was taken into the chain. False: there was nothing, or another process did."""
        lines = [one for text in taken.lines if (one := self._line(text)) is not None]
        for text in taken.tasks:
            self._say_ended(taken.at, text)
        placed = list(linked(taken.end, [*lines, *self._said()]))
        if self._marks(taken, placed):
            before = End(placed[-1].number, placed[-1].link) if placed else taken.end
            signed = self._log.signer.sign("reached", before, taken.at)
            self._say(taken.at, "audit.checkpoint", end=signed)
            placed += linked(before, self._said())
            if self._put(taken, placed, marks=True):
                self._log.heads.keep(signed)
                return True
        elif placed and self._put(taken, placed, marks=False):
            return True
        self._begin()
        return False

    def _put(self, taken: _Taken, placed: list[Line], *, marks: bool) -> bool:
        last = placed[-1]
        done = self._access.library.call(
            "audit_link",
            taken.end.number,
            taken.end.link if taken.end.number else "",
            taken.last,
            taken.tasks[-1].partition(" ")[0] if taken.tasks else taken.ended,
            placed[0].number,
            last.number,
            last.link,
            last.came,
            packed(placed),
            last.number if marks else "",
        )
        if not done:
            log.info("the audit record was linked by another process meanwhile")
        return bool(done)

    def _line(self, row: bytes) -> Line | None:
        """What a writer said, if one who has the key did; also where that key is not here: `verify` says so."""
        try:
            line = read_new(row)
        except ValueError:
            line = None
        if line is not None and self._log.genuine(line) is not False:
            return line
        came = line.came if line else 0
        self._refuse(came, row.decode(errors="replace"), "an entry that nobody with the key signed")
        return None

    def _say_ended(self, at: int, text: str) -> None:
        """Say that a task ended; of what no task of ours can have written there, that it was refused."""
        try:
            _, task_id, status, created, finished = text.split(" ")
            took = max(0, int(float(finished)) - int(float(created))) if finished != "0" else None
        except (ValueError, OverflowError):
            self._refuse(at, text, "an ended task that is none")
            return
        self._say(at, "task.ended", task=task_id, status=status, ms=took)

    def _refuse(self, at: int, text: str, what: str) -> None:
        self._say(at, "audit.refused", digest=self._log.digest(text))
        self._alarm("audit record", "entries", f"{what} lay among the new ones")

    def _say(self, at: int, kind: str, **fields: Json) -> None:
        """Say something about the chain itself: it is linked at once, and goes nowhere else."""
        self._number += 1
        text = canonical({**entry_of(kind, fields), "w": self._name, "i": self._number})
        self._mine.append(Line(0, at, self._access.audit.signed(text), text))

    def _said(self) -> list[Line]:
        said = list(self._mine)
        self._mine.clear()
        return said

    def _marks(self, taken: _Taken, placed: list[Line]) -> bool:
        end = placed[-1].number if placed else taken.end.number
        if end in (taken.marked, 0):
            return False
        return end - taken.marked >= MARK_EACH or taken.at - taken.marked_at > MARK_AFTER

    def _retire(self) -> None:
        """Cut off what is older than it is to be kept, at the end of a batch, and sign up to where."""
        if time.monotonic() - self._retired < RETIRE_EVERY and self._retired:
            return
        self._retired = time.monotonic()
        now = int(self._access.connection.command("TIME")[0]) * 1000
        limit = now - int(self._access.settings.audit.days * 86_400_000)
        batch, cut = self._last_before(limit, now)
        if batch:
            self._access.library.call("audit_retire", batch, json.dumps(cut))
            self._log.note("audit.retired", number=cut["number"])
            log.info("the audit record was retired up to entry %s", cut["number"])

    def _last_before(self, limit: int, now: int) -> tuple[str, Fields]:
        """The last batch that is wholly older, and its end, signed as retired; never the end of the chain."""
        batch, cut, end = "", dict[str, Json](), self._log.end().number
        while True:
            start = f"({batch}" if batch else "-"
            found = self._access.connection.command("XRANGE", self._access.keys.audit, start, "+", "COUNT", 50)
            for entry, words in found:
                number = int(words.get(b"n", end))
                if int(words.get(b"t", limit)) >= limit or number >= end:
                    return batch, cut
                batch, cut = entry.decode(), self._log.signer.sign("retired", End(number, words[b"h"].decode()), now)
            if not found:
                return batch, cut
