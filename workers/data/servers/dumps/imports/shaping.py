"""Shaping: the tables that are made of a file's, with their types and keys, and what of it becomes something else."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

import duckdb

from workers.inspection.git import printable

from ..migration.columns import doubled
from ..schemas.schema_results import Column, Key, Schema, Table
from .columns import KEY_LENGTH, Kind, Made, MadeKey, MadeTable, named_anew

_DUCK: dict[str, Kind] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"), "whole"),
    **dict.fromkeys(("float", "double"), "real"),
    **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"), "moment"),
    "timestamp with time zone": "instant",
    "boolean": "truth",
    "date": "date",
    "blob": "bytes",
}
_HUGE = {"hugeint": (39, 0), "uhugeint": (39, 0), "ubigint": (20, 0)}
_SIZED = re.compile(r"^(?:decimal|numeric) ?\((\d+) ?, ?(\d+)\)$")
_KEYS: dict[str, Literal["primary key", "unique index", "index"]] = {
    "primary key": "primary key",
    "unique key": "unique index",
    "index": "index",
}
#: Most digits of a decimal that MariaDB and SQLite's values have.
_DIGITS = 38


class Shape(NamedTuple):
    """What is made of a file."""

    tables: list[MadeTable]
    notes: list[str]


class _Told(NamedTuple):
    """What a column is made, before its table's other columns are known."""

    kind: Kind
    size: tuple[int, int] | None
    nulls: int
    length: int
    note: str


def sqlite_shape(base: sqlite3.Connection, schema: Schema) -> Shape:
    """The tables that are made of a SQLite file: a column is what its values are, whatever its type says."""
    broken: set[tuple[str, str]] = set()
    for table in schema.tables:
        with suppress(sqlite3.Error):  # a key to what is not unique: it is left out for that
            broken |= {(row[0], row[2]) for row in base.execute(f"PRAGMA foreign_key_check({doubled(table.name)})")}
    told = {table.name: [_sqlite_column(base, table.name, one) for one in table.columns] for table in schema.tables}
    return _shape(schema, told, broken)


def duck_shape(base: duckdb.DuckDBPyConnection, schema: Schema) -> Shape:
    """The tables that are made of a DuckDB file."""
    told = {table.name: [_duck_column(base, table.name, one) for one in table.columns] for table in schema.tables}
    return _shape(schema, told, set())


def _sqlite_column(base: sqlite3.Connection, table: str, column: Column) -> _Told:
    name, at = doubled(column.name), doubled(table)
    classes = dict(base.execute(f"SELECT typeof({name}), count(*) FROM {at} GROUP BY 1").fetchall())
    nulls, held = classes.pop("null", 0), frozenset(classes)
    kind, size, note = _sqlite_kind(base, at, name, column.type, held)
    length = base.execute(f"SELECT max(length({name})) FROM {at}").fetchone()[0] if kind == "text" else 0
    return _Told(kind, size, nulls, length or 0, note)


def _sqlite_kind(
    base: sqlite3.Connection, at: str, name: str, declared: str, held: frozenset[str]
) -> tuple[Kind, tuple[int, int] | None, str]:
    """What a column is made, its digits, and what is to be said of it."""

    def all_are(where: str) -> bool:
        asked = f"SELECT 1 FROM {at} WHERE {name} IS NOT NULL AND NOT ({where}) LIMIT 1"
        return base.execute(asked).fetchone() is None

    if not held:
        return ("whole" if "int" in declared else "bytes" if "blob" in declared else "text"), None, ""
    if held <= {"integer", "real"}:
        return _number(declared, name, held, all_are)
    if held == {"text"}:
        return _text(declared, name, all_are)
    if held == {"blob"}:
        return "bytes", None, ""
    return ("bytes" if "blob" in held else "text"), None, f"holds values of several kinds ({', '.join(sorted(held))})"


def _number(
    declared: str, name: str, held: frozenset[str], all_are: Callable[[str], bool]
) -> tuple[Kind, tuple[int, int] | None, str]:
    sized = _SIZED.match(declared)
    size = (int(sized[1]), int(sized[2])) if sized and int(sized[2]) <= int(sized[1]) <= _DIGITS else None
    if size and all_are(f"round({name}, {size[1]}) = {name} AND abs({name}) < 1e{size[0] - size[1]}"):
        return "decimal", size, ""
    if held == {"integer"}:
        return ("truth" if declared.startswith("bool") and all_are(f"{name} IN (0, 1)") else "whole"), None, ""
    return "real", None, "has values beyond its digits: it becomes double precision" if size else ""


def _text(declared: str, name: str, all_are: Callable[[str], bool]) -> tuple[Kind, tuple[int, int] | None, str]:
    late = f"{name} >= '0001-01-02'"
    if declared == "date" and all_are(f"date({name}) IS {name} AND {late}"):
        return "date", None, ""
    timed = declared.startswith(("datetime", "timestamp"))
    if timed and all_are(f"datetime({name}) IS replace({name}, 'T', ' ') AND {late}"):
        return "moment", None, ""
    said = f"has values that are no {declared}: it becomes text" if timed or declared == "date" else ""
    return "text", None, said


def _duck_column(base: duckdb.DuckDBPyConnection, table: str, column: Column) -> _Told:
    name, at = doubled(column.name), doubled(table)
    sized = _SIZED.match(column.type)
    size = (int(sized[1]), int(sized[2])) if sized else _HUGE.get(column.type)
    kind: Kind = "decimal" if size else _DUCK.get(column.type, "text")
    length = f"max(length({name}::VARCHAR))" if kind == "text" else "0"
    found = base.execute(f"SELECT count(*) - count({name}), {length} FROM main.{at}").fetchone() or (0, 0)
    odd = kind == "text" and not column.type.startswith("varchar")
    return _Told(kind, size, found[0], found[1] or 0, f"({column.type}) becomes text" if odd else "")


def _shape(schema: Schema, told: dict[str, list[_Told]], broken: set[tuple[str, str]]) -> Shape:
    notes = [f"the {one} is not copied" for one in schema.others]
    tables = named_anew([table.name for table in schema.tables])
    columns = {table.name: named_anew([one.name for one in table.columns]) for table in schema.tables}
    renamed = [old for old, new in tables.items() if old != new]
    renamed += [f"{at}.{old}" for at, listed in columns.items() for old, new in listed.items() if old != new]
    if renamed:
        shown = ", ".join(f"`{printable(one, 80)}`" for one in renamed[:10])
        notes.append(f"{len(renamed)} names become plain ones (lower case, `_`): {shown}{' …' if renamed[10:] else ''}")
    made: list[MadeTable] = []
    for table in schema.tables:
        names = columns[table.name]
        known = tuple(
            Made(one.name, names[one.name], of.kind, one.nullable or of.nulls > 0, of.size, of.length, of.nulls)
            for one, of in zip(table.columns, told[table.name], strict=True)
        )
        notes += [
            f"`{printable(table.name, 80)}.{printable(one.name, 80)}` {of.note}"
            for one, of in zip(table.columns, told[table.name], strict=True) if of.note
        ]  # fmt: skip
        notes += [
            f"`{printable(table.name, 80)}.{printable(one.name, 80)}`: its default is not copied"
            for one in table.columns if one.default and "nextval" not in one.default
        ]  # fmt: skip
        keys = _keys(table, known, names, notes)
        counter = next((key.columns[0] for key in keys if key.kind == "primary key" and _counts(key, table, names)), "")
        made.append(MadeTable(table.name, tables[table.name], known, tuple(keys), counter))
    return Shape(_with_foreign(schema, made, columns, broken, notes), notes)


def _counts(key: MadeKey, table: Table, names: dict[str, str]) -> bool:
    """Whether SQLite itself gives the numbers of a primary key."""
    return len(key.columns) == 1 and any(
        names[one.name] == key.columns[0] and one.type == "integer" for one in table.columns
    )


def _keys(table: Table, columns: Sequence[Made], names: dict[str, str], notes: list[str]) -> list[MadeKey]:
    """Primary and unique keys and indexes that a server has too."""
    found: list[MadeKey] = []
    by_name = {one.source: one for one in columns}
    for key in table.keys:
        if key.kind in ("foreign key", "check"):
            if key.kind == "check":
                notes.append(f"`{printable(table.name, 80)}`: a check is not copied")
            continue
        parts = [by_name.get(one) for one in key.columns]
        if any(one is None or one.kind == "bytes" or one.length > KEY_LENGTH for one in parts):
            notes.append(
                f"`{printable(table.name, 80)}`: the {key.told} is not copied: of an expression, or of long values"
            )
            continue
        kind = _KEYS[key.kind]
        if kind == "primary key" and any(one.nulls for one in parts if one):
            kind = "unique index"
            notes.append(f"`{printable(table.name, 80)}`: its primary key has nulls: it becomes a unique index")
        made = MadeKey(kind, tuple(names[one] for one in key.columns))
        if made not in found:
            found.append(made)
    return found


def _with_foreign(
    schema: Schema,
    made: list[MadeTable],
    columns: dict[str, dict[str, str]],
    broken: set[tuple[str, str]],
    notes: list[str],
) -> list[MadeTable]:
    """The foreign keys that hold on a server: to a unique key, of the same kind, without rows that refer to none."""
    by_name = {one.source: one for one in made}
    tables = []
    for table, own in zip(schema.tables, made, strict=True):
        keys = list(own.keys)
        for key in table.keys:
            if key.kind != "foreign key":
                continue
            why = "rows refer to no row" if (table.name, key.refers.split("(")[0]) in broken else ""
            found = None if why else _foreign(key, own, by_name, columns)
            if found is None:
                notes.append(f"`{printable(table.name, 80)}`: the {key.told} is not copied{': ' + why if why else ''}")
            else:
                keys.append(found)
        tables.append(own._replace(keys=tuple(keys)))
    return tables


def _foreign(
    key: Key, own: MadeTable, by_name: dict[str, MadeTable], columns: dict[str, dict[str, str]]
) -> MadeKey | None:
    said = re.match(r"^(.*)\((.*)\)$", key.refers)
    other = by_name.get(said[1]) if said else None
    if said is None or other is None:
        return None
    theirs = tuple(columns[other.source].get(one, "") for one in said[2].split(", "))
    mine = tuple(columns[own.source].get(one, "") for one in key.columns)
    kinds = [{one.name: (one.kind, one.size) for one in table.columns} for table in (own, other)]
    alike = all(kinds[0].get(a) == kinds[1].get(b) for a, b in zip(mine, theirs, strict=False))
    unique = any(one.kind in ("primary key", "unique index") and one.columns == theirs for one in other.keys)
    return MadeKey("foreign key", mine, other.name, theirs) if alike and unique and len(mine) == len(theirs) else None
