"""CSV: its encoding, its separator and its layout are found out; a record that does not fit is set aside."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..places import read
from .encoding import Encoding, find_encoding
from .layout import SAMPLE, Header, Layout, find_layout, is_blank
from .records import Record, records
from .sheet import Cells, Sheet, Unreadable, named

#: What the dialect is found out from, in characters.
HEAD = 1 << 18
_SEPARATORS = (",", ";", "\t", "|", "^", "~")
_SAID = re.compile(r'"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE)
#: So great a share of characters that no text holds makes a file no text.
_STRANGE = 0.01
_BINARY = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret", "~": "tilde"}


class Dialect(NamedTuple):
    """How a file is to be read."""

    encoding: Encoding
    separator: str
    said: bool  #: whether its first line says the separator
    spaced: bool  #: whether blanks stand between separators and quotes
    layout: Layout
    above: list[str]  #: what stands above the table


def csv_sheet(path: Path, name: str, header: Header = "auto") -> Sheet:
    """The table of a CSV file.

    Raises:
        Unreadable: it is empty, no text, or no table.
        OSError: it cannot be read.
    """
    dialect = find_dialect(path, header)
    notes = list(_notes(dialect))
    sheet = Sheet(name, named(dialect.layout.names, notes), iter(()), notes=notes)
    sheet.unnamed = frozenset(n for n, text in enumerate(dialect.layout.names) if not (text or "").strip())
    sheet.rows = _rows(path, dialect, sheet)
    return sheet


def find_dialect(path: Path, header: Header = "auto") -> Dialect:
    """How to read a file.

    Raises:
        Unreadable: it is empty, or no text.
        OSError: it cannot be read.
    """
    with read(path) as file:
        encoding = find_encoding(file)
    with _text(path, encoding) as text:
        head = text.read(HEAD)
    if not head:
        raise Unreadable("it is empty: 0 bytes")
    if len(_BINARY.findall(head)) > _STRANGE * len(head):
        raise Unreadable("it is no text")
    lines = list(io.StringIO(head, newline=""))
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()  # it may be cut
    said = _SAID.fullmatch(lines[0])
    lines = lines[bool(said) :]
    separator = said[1] if said else max(_SEPARATORS, key=lambda sign: agreement(lines, sign))
    spaced = bool(re.search(f'{re.escape(separator)} +"', "".join(lines)))
    rows = [record.cells for record in islice(_records(iter(lines), separator, spaced), SAMPLE)]
    if not rows:
        raise Unreadable("it holds no record")
    layout = find_layout(rows, header)
    above = [" ".join(filter(None, map(str.strip, row))) for row in rows[: layout.above]]
    return Dialect(encoding, separator, bool(said), spaced, layout, above)


def agreement(lines: list[str], separator: str) -> tuple[float, int]:
    """How well records agree on one width above 1, and the width."""
    widths = Counter(len(record.cells) for record in islice(_records(iter(lines), separator), SAMPLE))
    width, often = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    if width <= 1:  # a title or a remark may stand above a table of two records
        width, often = max(((w, n) for w, n in widths.items() if w > 1), default=(0, 0), key=lambda item: item[1])
        return (often / widths.total() / 2, width) if often > 1 else (0.0, 0)
    return often / widths.total(), width


def _records(lines: Iterator[str], separator: str, spaced: bool = False) -> Iterator[Record]:
    return (record for record in records(lines, separator, spaced=spaced) if not is_blank(record.cells))


def _notes(dialect: Dialect) -> Iterator[str]:
    encoding, layout = dialect.encoding, dialect.layout
    if not encoding.name.startswith("utf-8"):
        yield f"read as {encoding.name}" + (": a guess, another reading is nearly as likely" if encoding.guess else "")
    if dialect.separator != ",":
        yield f"separated by {_WORDS.get(dialect.separator, dialect.separator)}" + (
            ", as its first line says" if dialect.said else ""
        )
    if dialect.above:
        count = len(dialect.above)
        yield f"{count} line{'s' if count > 1 else ''} above the table left out: {' / '.join(dialect.above)[:200]}"
    if layout.labels:
        yield "its first record names the columns, years, dates or numbers among them"
    if layout.spare:
        yield "the separator at the end of its records left out"


def _text(path: Path, encoding: Encoding) -> io.TextIOWrapper:
    wrong = "replace" if encoding.name.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return io.TextIOWrapper(read(path), encoding.name, wrong, newline="")


class _Told:
    """What was decided while reading, told when all is read."""

    def __init__(self) -> None:
        self.counts = Counter[str]()

    def notes(self) -> Iterator[str]:
        for what, count in (+self.counts).items():
            yield f"{count:,} {what.replace('(s)', '' if count == 1 else 's')}"


def _rows(path: Path, dialect: Dialect, sheet: Sheet) -> Iterator[tuple[int, Cells]]:
    """The rows; numbers are those of the records below the header."""
    told, wanted = _Told(), len(sheet.columns)
    left = dialect.layout.above + dialect.layout.header
    number = 0
    with _text(path, dialect.encoding) as text:
        if dialect.said:
            text.readline()
        for record in records(text, dialect.separator, wanted, spaced=dialect.spaced):
            if not record.fault and is_blank(record.cells):
                told.counts["empty record(s) left out"] += len(record.cells) > 1 or wanted == 1
                continue
            if left:
                left -= 1
                continue
            number += 1
            cells, fault = _fitting(record, wanted, told)
            if fault:
                raw = dialect.separator.join(record.cells).encode("utf-8", "backslashreplace").decode()
                sheet.reject(number, fault, raw.replace("\0", "\\0"))
            elif cells:
                yield number, [cell or None for cell in cells]
    sheet.notes += told.notes()


def _fitting(record: Record, wanted: int, told: _Told) -> tuple[list[str], str]:
    """The cells of a record that fits, or why it does not; neither for a comment."""
    cells = record.cells
    if record.fault:
        return cells, record.fault
    if len(cells) != wanted and cells[0].startswith("#"):
        told.counts["comment(s) left out"] += 1
        return [], ""
    if len(cells) > wanted and not any(map(str.strip, cells[wanted:])):
        cells = cells[:wanted]
    if len(cells) != wanted:
        return cells, f"{len(cells)} field{'' if len(cells) == 1 else 's'} where {wanted} are wanted"
    told.counts["record(s) whose quotes are not doubled read as they stand"] += record.loose
    told.counts["record(s) with lines in a cell that look like records: an unclosed quote?"] += bool(record.swallowed)
    text = "".join(cells)
    if "\0" in text:
        cells = [cell.strip("\0") for cell in cells]
        if "\0" in (text := "".join(cells)):
            return cells, "holds a zero byte"
        told.counts["record(s) with zero bytes around a value, which are left out"] += 1
    try:
        text.encode()
    except UnicodeEncodeError:
        return cells, "holds bytes that are no text in the file's encoding"
    return cells, ""
