"""Layout: where the table of a sheet begins, what names its columns, and what above it is only said about it."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

Header = Literal["auto", "yes", "no"]
Row = Sequence[str | None]

#: Records that a layout is found out from.
SAMPLE = 100
_FIGURE = re.compile(r"[+-]?[\d.,:/ -]+%?")
_KINDS = (
    ("year", re.compile(r"(1[5-9]|2[01])\d\d")),
    ("share", re.compile(r"[+-]?[\d.,]+%")),
    ("whole", re.compile(r"[+-]?\d+")),
    ("date", re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([ T][\d:.]+)?")),
)
#: So many years, or other numbers, side by side that count up are the names of columns, whatever stands below.
_YEARS, _COUNTING = 3, 6


class Layout(NamedTuple):
    """How a table lies in its sheet."""

    above: int  #: records above it
    names: list[str | None]  #: of its columns
    header: bool  #: whether a record names them
    labels: bool  #: whether years, dates or numbers are among the names
    spare: bool  #: whether records end with a separator that means nothing


def find_layout(rows: Sequence[Row], header: Header = "auto") -> Layout:
    """The layout of a table, from its first records: none of them blank, at least one."""
    width = _width(rows)
    above = _above(rows, width)
    first, body = rows[above], rows[above + 1 :]
    named = header == "yes" or (header == "auto" and is_header(first, body))
    if not named:
        return Layout(above, [None] * max(width, len(first) if not body else 0), False, False, False)
    names: list[str | None] = list(first)
    labels = any(_is_figure(cell or "") for cell in first)
    longer = [row for row in body if len(row) == len(names) + 1]
    if width == len(names) + 1 and longer:
        if all(not (row[-1] or "").strip() for row in longer):
            return Layout(above, names, True, labels, True)
        names.insert(0, None)  # R writes no name above the names of rows
    return Layout(above, names, True, labels, False)


def is_header(first: Row, body: Sequence[Row]) -> bool:
    """Whether a record names columns: texts, or years, dates and numbers that are unlike what stands below them."""
    cells = [(cell or "").strip() for cell in first]
    figures = [place for place, cell in enumerate(cells) if _is_figure(cell)]
    if not figures:
        return any(cells)
    texts = sum(1 for place, cell in enumerate(cells) if cell and place not in figures)
    if not texts and len(figures) < 2:  # noqa: PLR2004 - one number is a value
        return False
    below = [[row[place] or "" for row in body if place < len(row)] for place in figures]
    counting = _counts_up(cells, figures) and not any(_counts_up(_texts(row), figures) for row in body)
    if counting and all(_kind(cells[place]) == "year" for place in figures):
        corner = not cells[0] and any((row[0] or "").strip() for row in body)
        if corner or len(figures) >= _YEARS:
            return True
    elif counting and (texts or not cells[0]) and len(figures) >= _COUNTING:
        return True
    elif not texts and cells[0]:
        return False  # nothing but numbers, and no years: a record
    return all(_is_label(cells[place], values) for place, values in zip(figures, below, strict=True))


def is_blank(row: Row) -> bool:
    """Whether a record holds nothing."""
    return not any(cell and cell.strip("\0 \t\r\n\x0b\x0c\N{NO-BREAK SPACE}") for cell in row)


def _width(rows: Sequence[Row]) -> int:
    """The width that most records have; the greatest of several."""
    widths = Counter(len(row) for row in rows)
    return max(widths, key=lambda width: (widths[width], width))


def _above(rows: Sequence[Row], width: int) -> int:
    """How many records stand above a table: titles, remarks. A table of one column has none that could be told."""
    if width == 1:
        return 0
    for place, row in enumerate(rows[:-1]):
        if not _is_title(row, rows[place + 1 :], width):
            return place
    return 0


def _is_title(row: Row, below: Sequence[Row], width: int) -> bool:
    """Whether a record only says something about the table below it."""
    held = sum(bool(cell and cell.strip()) for cell in row)
    if len(row) == width:
        return held <= 1 and width > 2 and len(below[0]) == width  # noqa: PLR2004 - a value and its empty neighbour
    named_below = is_header(below[0], below[1:])
    if len(row) == width - 1 and held == len(row) and is_header(row, below) and not named_below:
        return False  # R writes no name above the names of rows
    if len(row) < width:
        return True
    under = [cell or "" for other in below[1:] for cell in other]
    return (row[0] or "").lstrip().startswith("#") or (named_below and any(map(_is_figure, under)))


def _is_label(cell: str, below: Sequence[str]) -> bool:
    """Whether a figure is unlike the values below it."""
    values = [value.strip() for value in below if value.strip()]
    if not values:
        return False
    kind = _kind(cell)
    alike = {"whole": ("whole", "year", "other"), "other": ("whole", "year", "other")}.get(kind, (kind,))
    return sum(_kind(value) in alike for value in values) * 2 < len(values)


def _counts_up(cells: Sequence[str], places: Sequence[int]) -> bool:
    """Whether figures stand side by side and each is one more, or one less, than the one before."""
    if len(places) < 2 or places[-1] >= len(cells) or places[-1] - places[0] != len(places) - 1:  # noqa: PLR2004
        return False
    if not all(re.fullmatch(r"\d{1,4}", cells[place]) for place in places):
        return False
    steps = {int(cells[later]) - int(cells[earlier]) for earlier, later in pairwise(places)}
    return steps in ({1}, {-1})


def _kind(cell: str) -> str:
    if not _is_figure(cell):
        return "text" if cell else ""
    return next((kind for kind, form in _KINDS if form.fullmatch(cell)), "other")


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number, a date, a time, a share: no name of a column. A cell may be long, and mean harm."""
    return bool(_FIGURE.fullmatch(cell.strip())) and any(map(str.isdigit, cell))


def _texts(row: Row) -> list[str]:
    return [(cell or "").strip() for cell in row]
