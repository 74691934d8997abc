"""TreeRows: the lines of a tree before they are fitted to a terminal - folded to its height, cut to its width."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.text import Text

from aether_agents.cli.terminal.glyphs import BAD, QUIET, Glyphs
from aether_agents.cli.terminal.text import fit, width_of

#: Cells between two columns.
GAP = 2
#: Cells below which the middle column is left out.
LEAST_MIDDLE = 12


@dataclass(frozen=True)
class TreeRow:
    """One line of the tree before it is fitted to a width."""

    guides: str
    sign: str
    label: str
    middle: str
    detail: Text
    style: str
    phase: str  #: done, active or ahead: neighbours of one phase fold together when there is no room
    hang: str = ""  #: guides of the lines below
    below: tuple[str, ...] = ()


class TreeRows:
    """Fits rows to a terminal."""

    def __init__(self, rows: Sequence[TreeRow], glyphs: Glyphs) -> None:
        self._rows = list(rows)
        self.glyphs = glyphs

    def folded(self, room: int) -> "TreeRows":
        """As many rows as there is room for: what is done folds first, then what is ahead."""
        rows = self._rows
        for phase, status, what in (("done", "completed", "done"), ("ahead", "pending", "to come")):
            if sum(1 + len(row.below) for row in rows) <= room:
                break
            rows = list(self._fold(rows, phase, status, what))
        if len(rows) > room:
            rest = len(rows) - max(1, room) + 1
            rows = [*rows[: max(0, room - 1)], self._note(f"{rest} more", "pending")]
        return TreeRows(rows, self.glyphs)

    def lines(self, width: int) -> list[Text]:
        """The rows in columns: label, what is called, how it goes. The middle one gives way first."""
        right = max((row.detail.cell_len for row in self._rows), default=0)
        left = max((width_of(row.guides) + 2 + width_of(row.label) for row in self._rows), default=0)
        left = min(left, max(width - right - GAP, width // 3))
        middle = width - left - right - 2 * GAP
        widest = max((width_of(row.middle) for row in self._rows), default=0)
        middle = min(middle, widest) if middle >= min(widest, LEAST_MIDDLE) else 0
        lines = []
        for row in self._rows:
            lines.append(self._line(row, left, middle))
            lines[-1].truncate(width)
            for below in row.below:
                hung = fit(below, max(0, width - width_of(row.hang) - 2), self.glyphs.more)
                lines.append(Text(row.hang, style=QUIET).append(f"  {hung}", style=BAD))
        return lines

    def _line(self, row: TreeRow, left: int, middle: int) -> Text:
        line = Text(row.guides, style=QUIET)
        line.append(row.sign, style=row.style)
        label = fit(row.label, left - width_of(row.guides) - 2, self.glyphs.more)
        line.append(f" {label}", style={"now": "bold", "done": ""}.get(row.phase, QUIET))
        if middle and row.middle:
            line.pad_right(max(0, left + GAP - line.cell_len))
            line.append(fit(row.middle, middle, self.glyphs.more), style=QUIET)
        if row.detail.cell_len:
            line.pad_right(max(0, left + GAP + (middle + GAP if middle else 0) - line.cell_len))
            line.append_text(row.detail)
        line.rstrip()
        return line

    def _fold(self, rows: Sequence[TreeRow], phase: str, status: str, what: str) -> Iterator[TreeRow]:
        """Neighbours of one phase become one row that counts them."""
        for alike, run in groupby(rows, lambda row: row.phase == phase):
            members = list(run)
            if alike and len(members) > 1:
                yield self._note(f"{len(members)} {what}", status)
            else:
                yield from members

    def _note(self, text: str, status: str) -> TreeRow:
        return TreeRow("", self.glyphs.status[status], text, "", Text(), QUIET, "note")
