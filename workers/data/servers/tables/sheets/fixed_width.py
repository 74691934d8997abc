"""Text: a table whose cells stand below each other, or are separated after all; prose is none."""

import io
import re
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

from ..places import read
from .csv_sheet import HEAD, agreement, csv_sheet
from .encoding import Encoding, find_encoding
from .layout import SAMPLE, Header, find_layout
from .sheet import Cells, Sheet, Unreadable, named

#: Of all records, so many must agree on their width before a text is a separated table.
_AGREED = 0.9
#: Lines that a table of fixed width has at least.
_ENOUGH = 3
_RULE = re.compile(r"[-=+| ]{3,}")
_SEPARATORS = ("\t", ";", "|", ",")


class NoTable(Unreadable):
    """A text that is simply no table."""


def text_sheet(path: Path, name: str, header: Header = "auto") -> Sheet:
    """The table of a text: separated, or of fixed width.

    Raises:
        NoTable: it is a text of another kind.
        Unreadable: it is empty, or no text.
        OSError: it cannot be read.
    """
    with read(path) as file:
        encoding = find_encoding(file)
    lines = [line for line in islice(_lines(path, encoding), 10 * SAMPLE) if line.strip()][:SAMPLE]
    if "\0" in "".join(lines):
        raise NoTable("it is no text")
    best = max(agreement([f"{line}\n" for line in lines], sign) for sign in _SEPARATORS)
    if len(lines) > 1 and best[0] >= _AGREED and (best[1] > 2 or len(lines) >= _ENOUGH):  # noqa: PLR2004 - "so, so"
        return csv_sheet(path, name, header)
    spans = find_spans(lines)
    if not spans:
        raise NoTable("a text without a table that can be seen")
    rows = [cells for line in lines if (cells := _cut(line, spans)) is not None]
    layout = find_layout(rows, header)
    notes = [f"{len(spans)} columns of fixed width"]
    sheet = Sheet(name, named(layout.names, notes), iter(()), notes=notes)
    sheet.unnamed = frozenset(n for n, text in enumerate(layout.names) if not (text or "").strip())
    sheet.rows = _rows(path, encoding, spans, layout.above + layout.header, sheet)
    return sheet


def find_spans(lines: list[str]) -> list[tuple[int, int]]:
    """Where columns begin and end: between places that are blank in every line. None where that is no table."""
    lines = [line for line in lines if not _RULE.fullmatch(line)]
    if len(lines) < _ENOUGH or any("\t" in line for line in lines):
        return []
    width = max(map(len, lines))
    blank = [all(line[place : place + 1] in ("", " ") for line in lines) for place in range(width)]
    spans: list[tuple[int, int]] = []
    for place in range(width):
        if blank[place]:
            continue
        if spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    columns: list[tuple[int, int]] = []
    for begin, end in spans:
        if columns and not _is_straight([line[begin:end] for line in lines[1:]]):
            columns[-1] = (columns[-1][0], end)  # a blank that happens to stand below others
        else:
            columns.append((begin, end))
    # One blank between words is prose, or a list; where cells are of different length, there is more of it.
    parted = all(
        any(line[end - 1 : begin].isspace() or line[begin : begin + 1].isspace() for line in lines)
        for (_, end), (begin, _) in pairwise(columns)
    )
    return columns if len(columns) > 1 and parted else []


def _is_straight(cells: list[str]) -> bool:
    """Whether cells begin, or end, below each other: columns do, the words of prose do not."""
    held = [cell for cell in cells if cell.strip()]
    left = sum(not cell.startswith(" ") for cell in held)
    right = sum(len(cell) == len(cells[0]) and not cell.endswith(" ") for cell in held)
    return len(held) * 2 > len(cells) and max(left, right) >= _AGREED * len(held)


def _lines(path: Path, encoding: Encoding) -> Iterator[str]:
    with io.TextIOWrapper(read(path), encoding.name, "backslashreplace") as text:
        while line := text.readline(HEAD):
            yield line.rstrip("\r\n")


def _cut(line: str, spans: list[tuple[int, int]]) -> list[str | None] | None:
    """The cells of a line; none where it is only a rule, or text stands where columns part."""
    if _RULE.fullmatch(line) or not line.strip():
        return None
    gaps = zip([0, *(end for _, end in spans)], [*(begin for begin, _ in spans), len(line)], strict=True)
    if any(line[begin:end].strip() for begin, end in gaps if begin < end):
        return None
    return [line[begin:end].strip() or None for begin, end in spans]


def _rows(
    path: Path, encoding: Encoding, spans: list[tuple[int, int]], above: int, sheet: Sheet
) -> Iterator[tuple[int, Cells]]:
    number = 0
    for line in _lines(path, encoding):
        cells = _cut(line, spans)
        if cells is None and (not line.strip() or _RULE.fullmatch(line)):
            continue
        if above:
            above -= 1
            continue
        number += 1
        if cells is None or "\0" in line:
            sheet.reject(number, "text stands where its columns part", line.replace("\0", "\\0"))
        else:
            yield number, cells
