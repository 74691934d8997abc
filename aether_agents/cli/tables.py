"""Tables of things people list: narrow enough for 60 columns, without lines that a copy would carry along."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from rich.table import Table
from rich.text import Text

from aether_agents.cli.glyphs import QUIET, STYLES, Glyphs, word
from aether_agents.cli.text import plain


class Column(NamedTuple):
    """One column: what it is called, and what gives way when there is no room."""

    title: str
    keep: bool = False  #: never shortened: an id, a name to type
    align: Literal["left", "right"] = "left"


#: Cells below which a shortened column says nothing any more.
LEAST = 6


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> Table:
    """A table without borders. Strings are shown as they are, without control characters."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=QUIET, show_edge=False)
    cells = [[Text(plain(cell)) if isinstance(cell, str) else cell for cell in row] for row in rows]
    for number, column in enumerate(columns):
        widths = [row[number].cell_len for row in cells]
        drawn.add_column(
            column.title,
            justify=column.align,
            no_wrap=True,
            overflow="ellipsis",
            min_width=max([len(column.title), *widths]) if column.keep else min(LEAST, max(widths, default=0)),
        )
    for row in cells:
        drawn.add_row(*row)
    return drawn


def sign(status: str, glyphs: Glyphs, text: str | None = None) -> Text:
    """A status as a sign and a word, in its colour."""
    return Text(f"{glyphs.status.get(status, '?')} {text or word(status)}", style=STYLES.get(status, ""))


def quiet(text: str) -> Text:
    """Something that is there if one looks for it."""
    return Text(plain(text), style=QUIET)
