"""Tables of things people list: narrow enough for 60 columns, without lines that a copy would carry along."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from aether_agents.cli.terminal.glyphs import QUIET, STYLES, Glyphs, word
from aether_agents.cli.terminal.text import plain
from aether_agents.contracts import Verdict


class Column(NamedTuple):
    """One column: what it is called, and what gives way when there is no room."""

    title: str
    keep: bool = False  #: shortened last: an id, a name to type
    align: Literal["left", "right"] = "left"


#: How what completed is signed and coloured by what it found: never a tick beside a failed one.
FOUND = {
    "pass": ("completed", STYLES["completed"]),
    "fail": ("warn", STYLES["fail"]),
    "inconclusive": ("warn", STYLES["warn"]),
}

#: Cells below which a shortened column says nothing any more, and cells between two columns.
LEAST, GAP = 6, 2


class Listing:
    """Rows in columns, as wide as there is room for: what is cut ends in `…`.

    Columns that must be kept give way last: rich alone would cut the whole line at the edge of the screen.
    """

    def __init__(self, columns: Sequence[Column], cells: Sequence[Sequence[Text]]) -> None:
        self._columns = columns
        self._cells = cells

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style=QUIET, show_edge=False)
        for column, width in zip(self._columns, self.widths(options.max_width), strict=True):
            drawn.add_column(column.title, justify=column.align, no_wrap=True, overflow="ellipsis", width=width)
        for row in self._cells:
            drawn.add_row(*row)
        yield drawn

    def widths(self, most: int) -> list[int]:
        """Cells of each column, with what is between them `most` in all, unless that leaves too little of each."""
        widths = [
            max([Text(column.title).cell_len, *(row[number].cell_len for row in self._cells)])
            for number, column in enumerate(self._columns)
        ]
        room = most - GAP * (len(widths) - 1)
        for keeps in (False, True):
            able = [number for number, column in enumerate(self._columns) if column.keep is keeps]
            while able and sum(widths) > room and widths[widest := max(able, key=widths.__getitem__)] > LEAST:
                widths[widest] -= 1
        return widths


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> Listing:
    """A table without borders. Strings are shown as they are, without control characters."""
    return Listing(columns, [[Text(plain(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows])


def sign(status: str, glyphs: Glyphs, text: str | None = None) -> Text:
    """A status as a sign and a word, in its colour."""
    return Text(f"{glyphs.status.get(status, '?')} {text or word(status)}", style=STYLES.get(status, ""))


def verdict(found: Verdict, glyphs: Glyphs) -> Text:
    """A completed task with what it found."""
    status, style = FOUND[found.status]
    return Text(f"{glyphs.status[status]} finished {glyphs.dot} {found.words}", style=style)


def quiet(text: str) -> Text:
    """Something that is there if one looks for it."""
    return Text(plain(text), style=QUIET)
