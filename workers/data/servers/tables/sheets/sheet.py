"""Sheet: one table of a source as text, and what of it cannot be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from workers.inspection.git import printable

#: Bounds of one table.
MAX_COLUMNS = 2_000
MAX_REJECTS = 10_000
#: The longest cell and the longest record, in characters.
MAX_LENGTH = 4_000_000
#: Most of a rejected record that is kept, in characters.
MAX_RECORD = 10_000
#: Most of a name that is kept, in characters.
MAX_NAME = 60

Cells = Sequence[str | None]


class Unreadable(Exception):
    """A file, or a table of it, is none; the text says why."""


class Reject(NamedTuple):
    """A record that is no row of its table."""

    row: int  #: number of the record in its file, from 1, without the header
    reason: str
    record: str  #: the record as it stands in the file


@dataclass
class Sheet:
    """One table of a source. Its rows are read once; rejects are complete when they have been."""

    name: str
    columns: list[str]
    rows: Iterator[tuple[int, Cells]]
    typed: frozenset[int] = frozenset()  #: columns that hold texts and nothing else, by their source's own word
    unnamed: frozenset[int] = frozenset()  #: columns without a name of their own: left out if they hold nothing
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  #: what was decided about it

    def reject(self, row: int, reason: str, record: str) -> None:
        """Set a record aside.

        Raises:
            Unreadable: there are too many of them: it is no table.
        """
        if len(self.rejects) >= MAX_REJECTS:
            raise Unreadable(f"more than {MAX_REJECTS:,} of its records fit no table")
        self.rejects.append(Reject(row, reason, record[:MAX_RECORD]))


def named(texts: Sequence[str | None], notes: list[str]) -> list[str]:
    """Names of columns: never empty, never twice, no control characters; each change is noted.

    Raises:
        Unreadable: there are too many.
    """
    if len(texts) > MAX_COLUMNS:
        raise Unreadable(f"it has {len(texts):,} columns; {MAX_COLUMNS:,} is the most that is read")
    names: list[str] = []
    used: set[str] = set()
    changed = 0
    for number, text in enumerate(texts, 1):
        name = free(plain(text or "") or f"column_{number}", used)
        changed += name != (text or "").strip()
        used.add(name.casefold())
        names.append(name)
    if changed:
        notes.append(f"{changed} column{'s' if changed > 1 else ''} renamed: empty, twice there, or unprintable")
    return names


def free(name: str, used: set[str]) -> str:
    """A name that is not used yet (as `used` has them: case-folded): with a number where it has to be."""
    number, tried = 1, name
    while tried.casefold() in used:
        number += 1
        tried = f"{name}_{number}"
    return tried


def plain(text: str) -> str:
    """A name without what does not print, bounded."""
    return printable(text.strip().replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""), MAX_NAME)
