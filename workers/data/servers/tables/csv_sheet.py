"""CSV: its encoding, its separator and its header are found out; a record that does not fit is set aside."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from .places import read
from .sheet import Cells, Sheet, Unreadable, named

Header = Literal["auto", "yes", "no"]

#: What the dialect is found out from, in bytes.
HEAD = 1 << 18
_LINES = 50
_SEPARATORS = (",", ";", "\t", "|")
_FIGURE = re.compile(r"[+-]?[\d.,:/ -]+%?")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class Dialect(NamedTuple):
    """How a file is to be read."""

    encoding: str
    separator: str
    header: bool


def csv_sheet(path: Path, name: str, header: Header = "auto") -> Sheet:
    """The table of a CSV file.

    Raises:
        Unreadable: it is empty, no text, or no table.
        OSError: it cannot be read.
    """
    with read(path) as file:
        head = file.read(HEAD)
    dialect = find_dialect(head, header)
    notes = [] if dialect.encoding.startswith("utf-8") else [f"read as {dialect.encoding}"]
    if dialect.separator != ",":
        notes.append(f"separated by {_WORDS[dialect.separator]}")
    first = next(filter(None, _reader(io.StringIO(_decoded(head, dialect.encoding)), dialect)), [])
    if not first:
        raise Unreadable("it holds no record")
    columns = named(first if dialect.header else [None] * len(first), notes)
    sheet = Sheet(name, columns, iter(()), notes=notes)
    sheet.rows = _rows(path, dialect, sheet)
    return sheet


def find_dialect(head: bytes, header: Header = "auto") -> Dialect:
    """How to read a file, from its first bytes.

    Raises:
        Unreadable: it is empty, or no text.
    """
    if not head:
        raise Unreadable("it is empty: 0 bytes")
    encoding = _encoding(head)
    text = _decoded(head, encoding)
    if _BINARY.search(text):
        raise Unreadable("it is no text")
    lines = text.splitlines(keepends=True)
    sample = "".join(lines[:_LINES] if len(lines) > _LINES else lines)
    separator = max(_SEPARATORS, key=lambda sign: _agreement(sample, sign))
    first = next(filter(None, csv.reader(io.StringIO(sample), delimiter=separator)), [])
    named_first = bool(first) and not any(map(_is_figure, first)) and any(map(str.strip, first))
    return Dialect(encoding, separator, named_first if header == "auto" else header == "yes")


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number, a date, a time, a share: no name of a column. A cell may be long, and mean harm."""
    return bool(_FIGURE.fullmatch(cell.strip())) and any(map(str.isdigit, cell))


def _encoding(head: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    zeros = head[:4096].count(0)
    if zeros > len(head[:4096]) // 4 and len(head) % 2 == 0:
        return "utf-16-le" if head[1:4096:2].count(0) > zeros // 2 else "utf-16-be"
    for encoding in ("utf-8", "cp932", "euc_jp"):
        try:
            codecs.getincrementaldecoder(encoding)("strict").decode(head, final=len(head) < HEAD)
        except UnicodeDecodeError:
            continue
        return encoding
    # A few bytes that are no UTF-8 in a text that else is: those records are set aside, the others are read.
    strange = head.decode("utf-8", "replace").count("\N{REPLACEMENT CHARACTER}")
    return "utf-8" if strange <= len(head) // 100 else "cp1252"


def _decoded(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def _agreement(sample: str, separator: str) -> tuple[float, int]:
    """How well records agree on one width above 1, and the width."""
    try:
        widths = Counter(len(record) for record in csv.reader(io.StringIO(sample), delimiter=separator) if record)
    except csv.Error:
        return 0.0, 0
    width, often = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    return (often / widths.total(), width) if width > 1 else (0.0, 0)


def _reader(file: "io.TextIOBase", dialect: Dialect) -> Iterator[list[str]]:
    return csv.reader(file, delimiter=dialect.separator)


def _rows(path: Path, dialect: Dialect, sheet: Sheet) -> Iterator[tuple[int, Cells]]:
    wrong = "replace" if dialect.encoding.startswith("utf-16") else "surrogateescape"
    with io.TextIOWrapper(read(path), dialect.encoding, wrong, newline="") as text:
        records = csv.reader(text, delimiter=dialect.separator)
        number, header = 0, dialect.header
        while True:
            line = records.line_num + 1
            try:
                record = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                sheet.reject(number, f"lines {line} to {records.line_num} are no record: {error}", "")
                continue
            if header or not record:
                header = header and not record
                continue
            number += 1
            fault = _fault(record, len(sheet.columns))
            if fault:
                raw = dialect.separator.join(record).encode("utf-8", "backslashreplace").decode()
                sheet.reject(number, fault, raw.replace("\0", "\\0"))
            else:
                yield number, [cell or None for cell in record]


def _fault(record: list[str], wanted: int) -> str:
    if len(record) != wanted:
        return f"{len(record)} field{'' if len(record) == 1 else 's'} where {wanted} are wanted"
    text = "".join(record)
    if "\0" in text:
        return "holds a zero byte"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds bytes that are no text in the file's encoding"
    return ""
