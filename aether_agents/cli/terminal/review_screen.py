"""The approval screen of a review: its result first, then what was previewed, in colour."""

from collections.abc import Iterator

from rich.text import Text

from aether_agents.cli.terminal.glyphs import BAD, GOOD, INFO, QUIET, RISK_STYLES, WARN, Glyphs
from aether_agents.cli.terminal.text import fit, plain, plain_line, width_of
from aether_agents.contracts import KINDS, Form, Item, ItemKind, Shown, Subject
from aether_agents.contracts.shortening import counted

#: Cells of a line at most, also on a wider terminal: a diff is read better so.
WIDEST = 120
#: Items that are named before the rest is counted, and lines of the value that a screen shows at least.
ITEMS, LEAST_LINES = 8, 12
_INDENT = "  "

_DOES: dict[ItemKind, str] = {"create": "creates", "change": "changes", "replace": "replaces", "destroy": "destroys"}
_MARKS: dict[ItemKind, tuple[str, str]] = {
    "create": ("+", GOOD), "change": ("~", INFO), "replace": ("±", WARN), "destroy": ("-", BAD),
}  # fmt: skip


class ReviewScreen:
    """Draws reviews for a terminal of so many cells, with one set of signs."""

    def __init__(self, glyphs: Glyphs, width: int, height: int) -> None:
        self._glyphs = glyphs
        self._width = min(width, WIDEST)
        self._height = height

    def lines(self, shown: Shown, *, whole: bool = False) -> Iterator[Text]:
        """The summary, and as much of the value as there is room for; with `whole`, all of it, and no line is cut."""
        head = list(self._head(shown))
        yield from head
        items = list(self._items(shown.items, whole=whole))
        if items and shown.subject.form != "table":
            yield Text("")
            yield from items
        body = self._table(shown, whole=whole) if shown.rows else self._body(shown, whole=whole)
        room = len(body) if whole else max(LEAST_LINES, self._height - len(head) - len(items) - 6)
        yield Text("")
        yield from body[:room]
        if len(body) > room:
            more = f"{_INDENT}{self._glyphs.more} {len(body) - room} more lines: w shows them"
            yield Text(fit(more, self._width, self._glyphs.more), style=QUIET)

    def _head(self, shown: Shown) -> Iterator[Text]:
        subject = shown.subject
        asks = plain(shown.name) or "go on"
        sign = f"{self._glyphs.status['waiting_user_input']} "
        yield Text(sign, style=f"bold {WARN}").append(fit(asks, self._width - 2, self._glyphs.more), style="bold")
        if counts := self._counts(subject):
            yield Text(_INDENT).append(fit(counts, self._width - 2, self._glyphs.more))
        if subject.kinds:
            yield self._kinds(subject)
        for number, call in enumerate(subject.leads_to or ("nothing",)):
            yield self._led_to(call, subject, first=number == 0)
        if subject.alone:
            told = f"{_INDENT}asks again  {', '.join(map(plain, subject.alone))}"
            yield Text(fit(told, self._width, self._glyphs.more), style=WARN)
        if subject.path:
            yield Text(f"{_INDENT}all of it   ", style=QUIET).append(plain(subject.path))

    def _counts(self, subject: Subject) -> str:
        told = [counted(count, plain(name).replace("_", " ")) for name, count in subject.counts.items()]
        return f" {self._glyphs.dot} ".join(told)

    def _kinds(self, subject: Subject) -> Text:
        line = Text(_INDENT)
        for kind in KINDS:
            count = subject.kinds.get(kind, 0)
            style = _MARKS[kind][1] if count else QUIET
            line.append("" if line.plain == _INDENT else f" {self._glyphs.dot} ", style=QUIET)
            line.append(f"{_DOES[kind]} {count or 'none'}", style=f"bold {style}" if count else style)
        line.truncate(self._width)
        return line

    def _led_to(self, call: str, subject: Subject, *, first: bool) -> Text:
        label = "a yes runs  " if first else " " * len("a yes runs  ")
        told = plain(call).replace(": ", f" {self._glyphs.dot} ", 1)
        room = self._width - len(_INDENT) - len(label) - width_of(subject.risk.value) - 9
        line = Text(f"{_INDENT}{label}", style=QUIET).append(fit(told, room, self._glyphs.more))
        if not first:
            return line
        return line.append("  risk: ", style=QUIET).append(
            subject.risk.value, style=f"bold {RISK_STYLES[subject.risk]}"
        )

    def _items(self, items: tuple[Item, ...], *, whole: bool) -> Iterator[Text]:
        most = len(items) if whole else ITEMS
        for item in items[:most]:
            mark, style = _MARKS[item.kind]
            detail = f"  {plain(item.detail)}" if item.detail else ""
            mark = mark if mark.isascii() or not self._glyphs.more.isascii() else "!"
            told = f"{plain(item.what)}{detail}"
            told = told if whole else fit(told, self._width - 14, self._glyphs.more)
            yield Text(f"{_INDENT}{mark} {item.kind:8}", style=style).append(told)
        if len(items) > most:
            yield Text(f"{_INDENT}{self._glyphs.more} and {len(items) - most} more", style=QUIET)

    def _body(self, shown: Shown, *, whole: bool) -> list[Text]:
        room, lines = self._width - len(_INDENT), map(plain_line, shown.lines)
        cut = lines if whole else (fit(line, room, self._glyphs.more) for line in lines)
        return [Text(_INDENT).append(line, style=_style(line, shown.subject.form)) for line in cut]

    def _table(self, shown: Shown, *, whole: bool) -> list[Text]:
        """Columns as wide as what is in them, the widest cut first; of the whole, none is cut."""
        rows = [tuple(map(plain, row)) for row in (shown.columns, *shown.rows)]
        widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
        room = self._width - len(_INDENT) - 2 * (len(widths) - 1)
        while not whole and sum(widths) > room and max(widths) > 4:  # noqa: PLR2004 - a cell of three signs and the sign for more
            widths[widths.index(max(widths))] -= 1
        drawn = []
        for number, row in enumerate(rows):
            line = Text(_INDENT)
            for cell, width in zip(row, widths, strict=True):
                fitted = fit(cell, width, self._glyphs.more)
                line.append(fitted + " " * (width - width_of(fitted) + 2), style=_cell_style(cell, header=number == 0))
            line.rstrip()
            if not whole:
                line.truncate(self._width)
            drawn.append(line)
        return drawn


def _style(line: str, form: Form) -> str:
    if form != "diff":
        return ""
    if line.startswith(("+++", "---", "diff ", "index ")):
        return "bold"
    return GOOD if line.startswith("+") else BAD if line.startswith("-") else INFO if line.startswith("@@") else ""


def _cell_style(cell: str, *, header: bool) -> str:
    return "bold" if header else _MARKS[cell][1] if cell in _MARKS else ""
