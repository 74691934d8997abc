"""Workbooks: the sheets of Excel and OpenDocument files, by a reader made for them (python-calamine)."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from .layout import SAMPLE, Header, find_layout, is_blank
from .sheet import MAX_LENGTH, Cells, Sheet, Unreadable, named

#: The largest workbook, packed and unpacked, in bytes, and the most sheets of one.
MAX_SIZE, MAX_UNPACKED, MAX_SHEETS = 256 << 20, 1 << 30, 100
Value = int | float | str | bool | time | date | datetime | timedelta | None


def workbook_sheets(path: Path, stem: str, header: Header = "auto") -> Iterator[Sheet]:
    """The sheets of a workbook that hold a table, each by its name.

    Raises:
        Unreadable: it is no workbook, is locked by a password, too large, or holds no table.
        OSError: it cannot be read.
    """
    _check(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        known = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet][:MAX_SHEETS]
        filled = [(name, rows) for name in known if (rows := list(_filled(book, name)))]
    except CalamineError as error:
        locked = "password" in str(error).lower()
        raise Unreadable("it is locked by a password" if locked else f"it is no workbook: {error}") from None
    if not filled:
        raise Unreadable("none of its sheets holds anything")
    for name, rows in filled:
        yield _sheet(stem if len(filled) == 1 else f"{stem}_{name}", rows, header)


def _check(path: Path) -> None:
    """Bound a workbook before it is unpacked: a small file may be made to fill the memory."""
    if path.stat().st_size > MAX_SIZE:
        raise Unreadable(f"a workbook of more than {MAX_SIZE >> 20} MiB is not read: export its sheets as CSV")
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        if sum(member.file_size for member in packed.infolist()) > MAX_UNPACKED:
            raise Unreadable(f"a workbook of more than {MAX_UNPACKED >> 20} MiB unpacked is not read")
        names = packed.namelist()
    if not any(name.startswith("xl/") or name in ("content.xml", "mimetype") for name in names):
        raise Unreadable("it is an archive (zip): unpack it first")


def _filled(book: CalamineWorkbook, name: str) -> Iterator[tuple[int, list[Value]]]:
    """The rows of a sheet that hold something, by number."""
    for number, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1):
        if any(value not in ("", None) for value in row):
            yield number, list(row)


def _sheet(name: str, rows: list[tuple[int, list[Value]]], header: Header) -> Sheet:
    texts = [(number, [_text(value) for value in row]) for number, row in rows]
    layout = find_layout([row for _, row in islice(texts, SAMPLE)], header)
    notes: list[str] = []
    if layout.above:
        said = " / ".join(" ".join(filter(None, row)) for _, row in texts[: layout.above])
        notes.append(f"{layout.above} row{'s' if layout.above > 1 else ''} above the table left out: {said[:200]}")
    first = layout.above + layout.header
    columns = named(layout.names, notes)
    typed = frozenset(
        place
        for place in range(len(columns))
        if all(isinstance(row[place], str | None) for _, row in rows[first:] if place < len(row))
    )
    sheet = Sheet(name, columns, iter(()), frozenset(), notes=notes)
    sheet.typed = typed
    sheet.unnamed = frozenset(place for place, text in enumerate(layout.names) if not (text or "").strip())
    sheet.rows = _rows(texts[first:], len(columns), sheet)
    return sheet


def _rows(texts: list[tuple[int, list[str | None]]], wanted: int, sheet: Sheet) -> Iterator[tuple[int, Cells]]:
    for number, row in texts:
        cells = [cell and cell.replace("\0", "") for cell in row]
        if not is_blank(cells[wanted:]):
            sheet.reject(number, f"{len(row)} cells where {wanted} are wanted", " | ".join(filter(None, cells)))
        elif any(cell and len(cell) > MAX_LENGTH for cell in cells):
            sheet.reject(number, "holds a cell that is too long", "")
        else:
            yield number, [*cells[:wanted], *[None] * (wanted - len(cells))]


def _text(value: Value) -> str | None:
    """A cell as it is written in a file of text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1 << 53 else repr(value)
    if isinstance(value, datetime):
        midnight = not (value.hour or value.minute or value.second or value.microsecond)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
