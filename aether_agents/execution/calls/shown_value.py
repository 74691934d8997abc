"""Rendering: a reviewed value as lines, or as rows of a table. The same for every face."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

from aether_agents.contracts import Form, Item, Json, items_in

log = logging.getLogger(__name__)

#: Where a value of several fields has what is shown, by form; the first that is there.
_FIELDS: dict[Form, tuple[str, ...]] = {
    "diff": ("diff", "patch", "text"),
    "table": ("table", "rows", "items"),
    "list": ("list", "shown", "items"),
    "text": ("text", "summary", "shown"),
}
_ENDINGS: dict[Form, str] = {"diff": "diff", "table": "txt", "list": "txt", "text": "txt"}
#: Rows and lines that are made of one value, at most. What is left out is counted.
MOST_LINES = 20_000
#: Control and format characters, and other ends of lines.
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp"))


class Rendered(NamedTuple):
    """A value as it is shown."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


def render(value: Json, form: Form) -> Rendered:
    """A value in its form; one that has not that form is shown as what it is."""
    items = items_in(value)
    if form == "table" and (table := _table(_chosen(value, form))):
        return Rendered(*table, items=items)
    return Rendered(lines=tuple(_bounded(map(_seen, _lines(_chosen(value, form), form)))), items=items)


def write_whole(value: Json, form: Form, folder: Path, name: str) -> str:
    """Write all of a value beside the task's reports; its path, or nothing where it cannot be written."""
    shown = render(value, form)
    lines = [*shown.lines, *("\t".join(row) for row in ((shown.columns, *shown.rows) if shown.rows else ()))]
    path = folder / f"{name.replace('/', '-')}.{_ENDINGS[form]}"
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        part.replace(path)
    except (OSError, UnicodeError) as error:
        log.warning("what is reviewed was not written to a file: %s", error)
        part.unlink(missing_ok=True)
        return ""
    return str(path)


def _chosen(value: Json, form: Form) -> Json:
    """The part of a value that is shown: of a list of values with that part, all of them one after the other."""
    if isinstance(value, dict):
        return next((value[name] for name in _FIELDS[form] if value.get(name)), value)
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        parts = [_chosen(one, form) for one in value]
        if all(isinstance(part, str) for part in parts):
            return "\n".join(str(part) for part in parts)
        if all(isinstance(part, list) for part in parts):
            return [row for part in parts if isinstance(part, list) for row in part]
    return value


def _table(value: Json) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]] | None:
    """Columns and rows of a list of objects; none if it is none."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    if not rows or (isinstance(value, list) and len(rows) != len(value)):
        return None
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return columns, tuple(tuple(_seen(_text(row.get(name))) for name in columns) for row in rows[:MOST_LINES])


def _lines(value: Json, form: Form) -> Iterator[str]:
    if isinstance(value, str):
        yield from _split(value)
    elif isinstance(value, list):
        for one in value:
            mark = "- " if form == "list" and not isinstance(one, str) else ""
            yield from _split(_text(one) if isinstance(one, str | dict) else f"{mark}{_text(one)}") or [""]
    else:
        yield from _split(json.dumps(value, ensure_ascii=False, indent=1))


def _split(text: str) -> list[str]:
    """Lines as a diff has them. Other signs that would begin a line are none here: what follows one keeps its mark."""
    return text.removesuffix("\n").split("\n") if text else []


def _seen(line: str) -> str:
    """A line in which nothing is hidden: a sign that steers a terminal or turns the text around is an escape."""
    return "".join(
        sign if sign == "\t" or category(sign) not in _HIDDEN else sign.encode("unicode_escape").decode()
        for sign in line
    )


def _bounded(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == MOST_LINES:
            yield f"… more than {MOST_LINES} lines: the rest is in the task's result"
            return
        yield line


def _text(value: Json) -> str:
    if isinstance(value, dict) and isinstance(value.get("what"), str):
        detail = value.get("detail")
        return f"{value.get('kind', '')}  {value['what']}{f'  {detail}' if detail else ''}"
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
