"""Records: the lines of a separated text as cells. A quote that is never closed costs its own line, never the next."""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from .sheet import MAX_LENGTH, Unreadable

#: Characters that are read a second time, at most: files may be made to swallow themselves again and again.
MAX_AGAIN = 256 << 20
#: Lines of a record that would be records themselves: so many are worth telling.
_SWALLOWED = 3

csv.field_size_limit(MAX_LENGTH)


class Record(NamedTuple):
    """One record, or what is none."""

    line: int  #: its first line, from 1
    cells: list[str]
    fault: str = ""  #: why it is no record; `cells` then holds its line as it stands
    loose: bool = False  #: its quotes are not doubled; it was read as it stands
    swallowed: int = 0  #: lines in its cells that look like records


class _Lines:
    """The lines of a text, some of them twice."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self._total = 0
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """All lines of this record but the first, which is returned."""
        first, *rest = self.taken
        self._total += sum(map(len, rest))
        if self._total > MAX_AGAIN:
            raise Unreadable("too many of its quotes are never closed")
        self._again.extend(reversed(rest))
        self.number -= len(rest)
        return first


def records(
    lines: Iterator[str], separator: str, wanted: int | None = None, *, spaced: bool = False
) -> Iterator[Record]:
    """The records of a text; `wanted` is how many cells one should have, where that is known; `spaced` says that
    blanks stand between a separator and a quote, and mean nothing.

    Raises:
        Unreadable: too many of its quotes are never closed.
    """
    feed = _Lines(lines)
    reader = csv.reader(feed, delimiter=separator, strict=True, skipinitialspace=spaced)
    while True:
        feed.taken.clear()
        start = feed.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reader = csv.reader(feed, delimiter=separator, strict=True, skipinitialspace=spaced)
            yield _repaired(feed, start, separator, wanted, str(error), spaced)
            continue
        several = len(feed.taken) > 1
        if several and wanted is not None and len(cells) != wanted:
            reader = csv.reader(feed, delimiter=separator, strict=True, skipinitialspace=spaced)
            yield _repaired(feed, start, separator, wanted, "", spaced)
        else:
            yield Record(start, cells, swallowed=_inside(feed.taken, separator, wanted) if several else 0)


def as_it_stands(line: str, separator: str) -> list[str] | None:
    """The cells of a line whose quotes are not doubled: a quote closes only before a separator, or at the end."""
    cells: list[str] = []
    text, place = line.rstrip("\r\n"), 0
    closing = re.compile(f'"(?={re.escape(separator)}|$)')
    while True:
        end = text.find(separator, place)
        end = len(text) if end < 0 else end
        found = closing.search(text, place + 1) if text.startswith('"', place) else None
        if found:
            cells.append(text[place + 1 : found.start()].replace('""', '"'))
            end = found.end()
        elif text.startswith('"', place) and text.count('"', place, end) % 2:
            return None
        else:
            cells.append(text[place:end])
        if end >= len(text):
            return cells
        place = end + 1


def _repaired(feed: _Lines, start: int, separator: str, wanted: int | None, error: str, spaced: bool) -> Record:
    """What can be made of a record that breaks the rules: its first line alone; the others are read again."""
    several = len(feed.taken) > 1 or "end of data" in error
    first = feed.give_back()
    cells = as_it_stands(re.sub(f"({re.escape(separator)}) +", r"\1", first) if spaced else first, separator)
    if cells is not None and (wanted is None or len(cells) == wanted):
        return Record(start, cells, loose=True)
    raw = first.rstrip("\r\n")
    if "larger than field limit" in error and not several:
        return Record(start, [raw], f"holds a cell of more than {MAX_LENGTH:,} characters")
    why = "an unclosed quote" if several else "a quote in a quoted cell that is not doubled"
    return Record(start, [raw], f"has {why}")


def _inside(lines: list[str], separator: str, wanted: int | None) -> int:
    """How many lines inside the cells of one record are records themselves, as far as can be seen."""
    if wanted is None or wanted == 1:
        return 0
    alike = sum(line.count(separator) == wanted - 1 and '"' not in line for line in lines[1:-1])
    return alike if alike >= _SWALLOWED else 0
