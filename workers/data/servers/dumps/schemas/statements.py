"""Statements of a change of schema: read from SQL files, for each engine its own, and of few kinds only."""

import hashlib
import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import read_bounded

_MOST = 100_000
#: What a change of schema is made of. Whatever reaches other databases, accounts, files or programs is none of it.
_KINDS = re.compile(
    r"(?:create\s+(?:or\s+replace\s+)?(?:unique\s+)?(?:table|index|view|type|sequence)|"
    r"alter\s+(?:table|type|sequence|index|view)|drop\s+(?:table|index|view|type|sequence)|rename\s+table|"
    r"comment\s+on|insert\s+into|update|delete\s+from)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
_NEVER = re.compile(
    r"\$\$|\$\w+\$|/\*!|\b(?:dblink|load_file|outfile|dumpfile|load_extension|attach)\b|"
    r"\b(?:pg_(?:read|ls|stat|file|write|reload|rotate|terminate|cancel)_?\w*|lo_\w+|dblink_\w+|\w+_to_xml\w*)\"?\s*\(",
    re.IGNORECASE,
)
_NAMES = {"postgresql": ("postgresql", "postgres", "pg"), "mariadb": ("mariadb", "mysql"), "sqlite": ("sqlite",)}


class Statements(NamedTuple):
    """What is run on one engine."""

    up: list[str]
    down: list[str]  #: none: what was there comes back from the backup only
    sha256: str


def statements_for(place: str, engine: str) -> Statements:
    """The statements of a file or folder for one engine.

    Raises:
        ToolError: there are none for it, or they are of another kind.
    """
    up = _file(Path(place), engine, "up")
    if up is None:
        raise ToolError(
            f"`{printable(place)}` has no statements for {engine}: name a file .sql, or a folder with up.{engine}.sql "
            "or up.sql (and down.sql for the undo)"
        )
    down = _file(Path(place), engine, "down")
    texts = [_read(one) if one else "" for one in (up, down)]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    return Statements(_split(texts[0], up), _split(texts[1], down or up), digest)


def _file(place: Path, engine: str, way: str) -> Path | None:
    if place.is_file():
        stem = place.name.removesuffix(".sql").removesuffix(".up")
        return place if way == "up" else next((p for p in [place.with_name(f"{stem}.down.sql")] if p.is_file()), None)
    named = [place / f"{way}.{name}.sql" for name in _NAMES.get(engine, ())] + [place / f"{way}.sql"]
    return next((one for one in named if one.is_file()), None)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST:
            raise ToolError(f"`{printable(path.name)}` is larger than {_MOST:,} bytes: take it apart")
        return read_bounded(path, _MOST).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"`{printable(str(path))}` cannot be read: {error}") from None


def _split(text: str, path: Path) -> list[str]:
    found, part = [], ""
    for piece in re.split(r"(?<=;)", text):
        part += piece
        if sqlite3.complete_statement(part):
            found.append(part.strip())
            part = ""
    found += [part.strip()] if _COMMENT.sub("", part).strip() else []
    kept = [one for one in found if _COMMENT.sub("", one).strip(" \n\t;")]
    for one in kept:
        bare = _COMMENT.sub(" ", one).strip()
        if not _KINDS.match(bare) or _NEVER.search(bare):
            raise ToolError(
                f"`{printable(bare, 80)}` of `{printable(path.name)}` is no change of a schema that is made here: "
                "tables, indexes, views, types, sequences and rows, by plain statements"
            )
    return kept
