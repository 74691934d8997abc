"""JSON: a list of objects, or one object a line, as a sheet. Numbers keep the digits that they are written with."""

import io
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from workers.inspection.bounded_job import Job

from ..places import read
from .layout import SAMPLE, find_layout
from .sheet import MAX_COLUMNS, Cells, Sheet, Unreadable, named

#: The longest line of JSON Lines, and the largest JSON document, that is read, in bytes.
MAX_LINE, MAX_DOCUMENT = 16 << 20, 256 << 20
_LOOK_EVERY = 1_000
Object = dict[str, Any]


class NoList(Unreadable):
    """A JSON document that is no table: settings, a single object."""


class _Written(float):
    """A number with the text it is written as."""

    text = ""


def jsonl_sheet(path: Path, name: str, job: Job) -> Sheet:
    """The table of a JSON Lines file: one object a line; columns are all keys there are.

    Raises:
        Unreadable: it is empty, or holds no object.
        OSError: it cannot be read.
    """
    kinds = _kinds(item for _, item, _ in _objects(path, job))
    if not kinds:
        raise Unreadable("it is empty: 0 bytes" if not path.stat().st_size else "no line of it is a JSON object")
    sheet = _sheet(name, kinds)
    sheet.rows = _object_rows(_objects(path, job), list(kinds), sheet)
    return sheet


def json_sheet(path: Path, name: str, job: Job) -> Sheet:
    """The table of a JSON document: its list of objects, or of lists; JSON Lines by another name too.

    Raises:
        NoList: it is JSON, but no table.
        Unreadable: it is empty, too large, or no JSON.
        OSError: it cannot be read.
    """
    if path.stat().st_size > MAX_DOCUMENT:
        raise Unreadable(f"a JSON document of more than {MAX_DOCUMENT >> 20} MiB is not read: write one object a line")
    with read(path) as file:
        raw = file.read()
    if not raw.strip():
        raise Unreadable("it is empty: 0 bytes" if not raw else "it holds nothing")
    try:
        found = _parsed(raw.decode(json.detect_encoding(raw), "surrogatepass").removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        if _kinds(item for _, item, _ in islice(_objects(path, job), 1)):
            return jsonl_sheet(path, name, job)
        raise Unreadable(f"it is no JSON: {error}") from None
    items, notes = _items(found)
    if items and all(isinstance(item, list) for item in items):
        return _of_lists(name, items, notes)
    kinds = _kinds(item if isinstance(item, dict) else None for item in items)
    if not kinds:
        raise NoList("JSON, but no list of objects")
    sheet = _sheet(name, kinds)
    sheet.notes += notes
    numbered = ((n, item if isinstance(item, dict) else None, json.dumps(item)) for n, item in enumerate(items, 1))
    sheet.rows = _object_rows(numbered, list(kinds), sheet)
    return sheet


def cell_text(value: Any) -> str | None:
    """A value as the text of a cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    return value.text if isinstance(value, _Written) else json.dumps(value, ensure_ascii=False)


def cell_fault(cells: Cells) -> str:
    """What keeps cells from being text."""
    text = "".join(filter(None, cells))
    if "\0" in text:
        return "holds a zero byte"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character"
    return ""


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=_written)


def _written(text: str) -> _Written:
    number = _Written(text)
    number.text = text
    return number


def _items(found: Any) -> tuple[list[Any], list[str]]:
    """The list in a document: itself, the only list of objects in an object, or its lists side by side."""
    if isinstance(found, list):
        return found, []
    if not isinstance(found, dict):
        return [], []
    lists = {key: value for key, value in found.items() if isinstance(value, list) and value}
    tables = [key for key, value in lists.items() if all(isinstance(item, dict) for item in value)]
    if len(tables) == 1:
        others = [key for key in found if key != tables[0]]
        said = f"the list `{tables[0]}` of its object" + (f"; {len(others)} other entries left out" if others else "")
        return lists[tables[0]], [said]
    lengths = {len(value) for value in lists.values()}
    if lists and len(lists) == len(found) and len(lengths) == 1 and not tables:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)], [
            "its lists are columns"
        ]
    return [], []


def _of_lists(name: str, items: list[list[Any]], notes: list[str]) -> Sheet:
    rows = [[cell_text(value) for value in item] for item in items if item]
    if not rows or len({len(row) for row in rows}) > 2 or max(map(len, rows)) < 2:  # noqa: PLR2004 - coordinates, not records
        raise NoList("JSON, but no list of objects")
    layout = find_layout(rows[:SAMPLE])
    sheet = Sheet(name, named(layout.names, notes), iter(()), notes=notes)

    def read_on() -> Iterator[tuple[int, Cells]]:
        for number, row in enumerate(rows[layout.above + layout.header :], 1):
            if len(row) != len(sheet.columns):
                sheet.reject(number, f"{len(row)} values where {len(sheet.columns)} are wanted", json.dumps(row))
            elif fault := cell_fault(row):
                sheet.reject(number, fault, json.dumps(row))
            else:
                yield number, row

    sheet.rows = read_on()
    return sheet


def _kinds(items: Iterator[Object | None]) -> dict[str, set[type]]:
    """Kinds of values by key, over all objects."""
    kinds: dict[str, set[type]] = {}
    for item in items:
        for key, value in (item or {}).items():
            kinds.setdefault(key, set()).add(type(value))
        if len(kinds) > MAX_COLUMNS:
            break  # `named` says so
    return kinds


def _sheet(name: str, kinds: dict[str, set[type]]) -> Sheet:
    notes: list[str] = []
    columns = named(list(kinds), notes)
    none = type(None)
    typed = frozenset(number for number, kind in enumerate(kinds.values()) if kind - {none} <= {str})
    return Sheet(name, columns, iter(()), typed, notes=notes)


def _objects(path: Path, job: Job) -> Iterator[tuple[int, Object | None, str]]:
    """Number, object and text of every line that is not blank; no object where it is none."""
    number = 0
    with read(path) as file:
        encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        file.seek(0)
        lines = io.TextIOWrapper(file, encoding, "backslashreplace", newline="\n")
        while line := lines.readline(MAX_LINE):
            if number % _LOOK_EVERY == 0 and job.out_of_time:
                raise Unreadable(f"it cannot be read in {job.seconds:g} s")
            text = line.strip()
            if not text:
                continue
            number += 1
            try:
                item = _parsed(text)
            except (ValueError, RecursionError):
                item = None
            yield number, item if isinstance(item, dict) else None, text


def _object_rows(
    items: Iterator[tuple[int, Object | None, str]], keys: Sequence[str], sheet: Sheet
) -> Iterator[tuple[int, Cells]]:
    for number, item, text in items:
        if item is None:
            sheet.reject(number, "is no JSON object", text.replace("\0", "\\0"))
            continue
        cells = [cell_text(item.get(key)) for key in keys]
        if fault := cell_fault(cells):
            sheet.reject(number, fault, text)
        else:
            yield number, cells
