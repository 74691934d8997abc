"""The schema of a SQLite or DuckDB file, which is only read."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable
from workers.inspection.text import opened

from ..migration.columns import doubled
from .schema_results import Column, Key, KeyKind, Schema, Table

_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"
_KINDS: dict[str, KeyKind] = {
    "PRIMARY KEY": "primary key",
    "UNIQUE": "unique key",
    "FOREIGN KEY": "foreign key",
    "CHECK": "check",
}


def engine_of(path: str) -> str:
    """What kind of database a file is, by its first bytes.

    Raises:
        ToolError: it is none that is read here, or cannot be read.
    """
    try:
        with opened(Path(path)) as file:
            begin = file.read(16)
    except OSError as error:
        raise ToolError(f"`{printable(path)}` cannot be read: {error.strerror}") from None
    if begin == _SQLITE:
        return "sqlite"
    if begin[8:12] == _DUCKDB:
        return "duckdb"
    raise ToolError(f"`{printable(path)}` is neither a SQLite nor a DuckDB file: name a database")


def read_file(path: str, job: Job, count: bool = True) -> Schema:
    """What is in a file.

    Raises:
        ToolError: it is damaged, locked, or no database, or there is no time left for it.
        Stopped: nobody wants the result any more.
    """
    engine = engine_of(path)
    try:
        if engine == "sqlite":
            with closing(opened_sqlite(path)) as base, job.ending(base.interrupt):
                tables, others = _sqlite(base, count)
        else:
            with opened_duckdb(path) as duck, job.ending(duck.interrupt):
                tables, others = _duckdb(duck, count)
    except (sqlite3.Error, duckdb.Error) as error:
        raise complaint(path, error, job, "it cannot be read: ") from None
    return Schema(database=path, engine=engine, tables=tables, others=others)


def complaint(path: str, error: Exception, job: Job, what: str = "") -> ToolError:
    """What went wrong with a file: a page of it may lead to itself, and then counting its rows has no end.

    Raises:
        Stopped: nobody wants to know.
    """
    if job.out_of_time:
        return ToolError(
            f"`{printable(path)}` cannot be read in {job.seconds:g} s: it is large or made to have no end; raise "
            "`max_seconds`, or say `count: false`"
        )
    return ToolError(f"`{printable(path)}`: {what}{printable(str(error), 300)}")


def opened_sqlite(path: str) -> sqlite3.Connection:
    """A SQLite file, only to be read; its own triggers and functions reach nothing."""
    base = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=10)
    base.execute("PRAGMA trusted_schema = OFF")
    return base


@contextmanager
def opened_duckdb(path: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file, only to be read; nothing in it reaches another file or the network."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": "1GB",
        "threads": 2,
    }
    base = duckdb.connect(path, read_only=True, config=config)
    try:
        yield base
    finally:
        base.close()


def _sqlite(base: sqlite3.Connection, count: bool) -> tuple[list[Table], list[str]]:
    listed = base.execute(
        "SELECT type, name FROM sqlite_master WHERE type <> 'index' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY 2"
    ).fetchall()
    tables = []
    for name in [name for kind, name in listed if kind == "table"]:
        info = base.execute(
            'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (name,)
        ).fetchall()
        rows = base.execute(f"SELECT count(*) FROM {doubled(name)}").fetchone()[0] if count else None
        columns = [
            Column(name=column, type=kind.lower(), nullable=not held and not key, default=default or "")
            for column, kind, held, default, key in info
        ]
        tables.append(Table(name=name, rows=rows, columns=columns, keys=_sqlite_keys(base, name, info)))
    return tables, [f"{kind} {name}" for kind, name in listed if kind != "table"]


def _sqlite_keys(base: sqlite3.Connection, name: str, info: list[Any]) -> list[Key]:
    primary = [row[0] for row in sorted((row for row in info if row[4]), key=lambda row: row[4])]
    keys = [Key(kind="primary key", columns=primary)] if primary else []
    for index, unique, origin, some in base.execute(
        'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', (name,)
    ).fetchall():
        columns = base.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,)).fetchall()
        if origin != "pk":
            kind: KeyKind = "unique key" if unique else "index"
            told = [column or "(expression)" for (column,) in columns]
            keys.append(Key(kind=kind, columns=[*told, "(of some rows)"] if some else told))
    foreign: dict[int, list[Any]] = {}
    asked = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
    for number, other, mine, theirs in base.execute(asked, (name,)):
        foreign.setdefault(number, []).append((other, mine, theirs))
    for parts in foreign.values():
        refers = f"{parts[0][0]}({', '.join(theirs or 'id' for _, _, theirs in parts)})"
        keys.append(Key(kind="foreign key", columns=[mine for _, mine, _ in parts], refers=refers))
    return sorted(keys, key=lambda one: one.told)


def _duckdb(base: duckdb.DuckDBPyConnection, count: bool) -> tuple[list[Table], list[str]]:
    here = "database_name = current_database() AND NOT internal"
    named = "CASE WHEN schema_name = 'main' THEN '' ELSE schema_name || '.' END"
    found: dict[str, Table] = {}
    places: dict[str, str] = {}
    for schema, table, column, kind, nullable, default in base.execute(
        "SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
        f"WHERE {here} AND table_name IN (SELECT table_name FROM duckdb_tables()) ORDER BY 1, 2, column_index"
    ).fetchall():
        name = table if schema == "main" else f"{schema}.{table}"
        places[name] = f"{doubled(schema)}.{doubled(table)}"
        of = found.setdefault(name, Table(name=name, columns=[]))
        of.columns.append(Column(name=column, type=kind.lower(), nullable=nullable, default=default or ""))
    for name, kind, columns, text, other, others in base.execute(
        f"SELECT {named} || table_name, constraint_type, constraint_column_names, constraint_text, referenced_table, "
        "referenced_column_names FROM duckdb_constraints() WHERE database_name = current_database()"
    ).fetchall():
        if kind in _KINDS and name in found:
            refers = f"{other}({', '.join(others)})" if other else ""
            told = [text] if kind == "CHECK" else columns
            found[name].keys.append(Key(kind=_KINDS[kind], columns=told, refers=refers))
    for name, unique, columns in base.execute(
        f"SELECT {named} || table_name, is_unique, expressions FROM duckdb_indexes() WHERE "
        "database_name = current_database()"
    ).fetchall():
        listed = re.findall(r"[^\[\], '\"]+", columns or "")
        found[name].keys.append(Key(kind="unique key" if unique else "index", columns=listed))
    for name, table in found.items():
        table.keys.sort(key=lambda one: one.told)
        if count and (row := base.execute(f"SELECT count(*) FROM {places[name]}").fetchone()):
            table.rows = row[0]
    views = base.execute(f"SELECT {named} || view_name FROM duckdb_views() WHERE {here} ORDER BY 1").fetchall()
    return sorted(found.values(), key=lambda one: one.name), [f"view {name}" for (name,) in views]
