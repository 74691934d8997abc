"""Writing: the statements that make a new schema with all its rows, for PostgreSQL and for MariaDB."""
# ruff: noqa: S608 - names are made here and quoted

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from mcp.server.mcpserver.exceptions import ToolError

from ..migration.columns import doubled, ticked
from .columns import MadeKey, MadeTable
from .rows import Row, Value, text_of

#: Characters of one INSERT, about.
_INSERT = 1 << 18
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class PostgresScript:
    """One transaction: all of it, or nothing."""

    def __init__(self, file: TextIO, schema: str) -> None:
        self._file, self._schema = file, doubled(schema)
        file.write("SET client_min_messages = warning; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';\n")
        file.write(f"BEGIN;\nCREATE SCHEMA {self._schema};\n")

    def table(self, table: MadeTable, rows: Iterator[Row]) -> None:
        """A table with its rows."""
        columns = [
            f"{doubled(one.name)} {one.type_in('postgresql', False)}{'' if one.nullable else ' NOT NULL'}"
            for one in table.columns
        ]
        self._file.write(f"CREATE TABLE {self._at(table.name)} ({', '.join(columns)});\n")
        self._file.write(f"COPY {self._at(table.name)} FROM STDIN;\n")
        kinds = [one.kind for one in table.columns]
        for row in rows:
            self._file.write("\t".join(_copied(value, kind) for value, kind in zip(row, kinds, strict=True)) + "\n")
        self._file.write("\\.\n")

    def keys(self, tables: Sequence[MadeTable]) -> None:
        """The keys of all tables, and what counts up; then it stands."""
        for table, key in _ordered(tables):
            self._file.write(_key(key, self._at(table.name), self._at, doubled))
        for table in tables:
            if table.counter:
                name = f"{table.name[:50]}_{table.counter[:8]}_seq"
                column, place = doubled(table.counter), self._at(name)
                self._file.write(
                    f"CREATE SEQUENCE {place} OWNED BY {self._at(table.name)}.{column};\n"
                    f"ALTER TABLE {self._at(table.name)} ALTER COLUMN {column} SET DEFAULT "
                    f"nextval('{place}');\nSELECT setval('{place}', greatest(1, coalesce(max({column}), 1)), "
                    f"max({column}) IS NOT NULL) FROM {self._at(table.name)};\n"
                )
        self._file.write("COMMIT;\n")

    def _at(self, name: str) -> str:
        return f"{self._schema}.{doubled(name)}"


class MariaScript:
    """Into a database that was made for it; who runs it drops that again if anything fails."""

    def __init__(self, file: TextIO, schema: str) -> None:
        self._file, self._schema = file, ticked(schema)
        file.write("SET NAMES utf8mb4; SET time_zone = '+00:00'; SET sql_mode = 'STRICT_ALL_TABLES';\n")
        file.write("SET autocommit = 0;\n")

    def table(self, table: MadeTable, rows: Iterator[Row]) -> None:
        """A table with its rows."""
        columns = [
            f"{ticked(one.name)} {one.type_in('mariadb', one.name in table.in_keys)}"
            f"{' NULL' if one.nullable else ' NOT NULL'}"
            for one in table.columns
        ]
        self._file.write(f"CREATE TABLE {self._at(table.name)} ({', '.join(columns)}) ENGINE=InnoDB;\n")
        begin = f"INSERT INTO {self._at(table.name)} VALUES "
        kinds, size = [one.kind for one in table.columns], 0
        for row in rows:
            values = ", ".join(_inserted(value, kind) for value, kind in zip(row, kinds, strict=True))
            self._file.write(f"{begin if not size else ','}({values})")
            size += len(values) + 1
            if size > _INSERT:
                self._file.write(";\n")
                size = 0
        self._file.write(f"{';' if size else ''}\nCOMMIT;\n")

    def keys(self, tables: Sequence[MadeTable]) -> None:
        """The keys of all tables, and what counts up."""
        for table, key in _ordered(tables):
            self._file.write(_key(key, self._at(table.name), self._at, ticked))
        for table in tables:
            if table.counter:
                column = ticked(table.counter)
                change = f"MODIFY {column} BIGINT NOT NULL AUTO_INCREMENT"
                self._file.write(f"ALTER TABLE {self._at(table.name)} {change};\n")

    def _at(self, name: str) -> str:
        return f"{self._schema}.{ticked(name)}"


def _ordered(tables: Sequence[MadeTable]) -> list[tuple[MadeTable, MadeKey]]:
    """Foreign keys come last: what they refer to must be unique by then."""
    found = [(table, key) for table in tables for key in table.keys]
    return sorted(found, key=lambda one: one[1].kind == "foreign key")


def _key(key: MadeKey, table: str, at: Callable[[str], str], quoted: Callable[[str], str]) -> str:
    columns = ", ".join(map(quoted, key.columns))
    if key.kind == "primary key":
        return f"ALTER TABLE {table} ADD PRIMARY KEY ({columns});\n"
    if key.kind == "foreign key":
        others = ", ".join(map(quoted, key.others))
        return f"ALTER TABLE {table} ADD FOREIGN KEY ({columns}) REFERENCES {at(key.other)} ({others});\n"
    unique = "UNIQUE " if key.kind == "unique index" else ""
    if quoted is doubled:
        return f"CREATE {unique}INDEX ON {table} ({columns});\n"
    return f"ALTER TABLE {table} ADD {unique}INDEX ({columns});\n"


def _copied(value: Value, kind: str) -> str:
    """A value in the text of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    if isinstance(value, str) and "\0" in value:
        raise ToolError("a text has a null character in it, which PostgreSQL keeps in none: take it out of the file")
    return value.translate(_ESCAPES) if isinstance(value, str) else text_of(value, kind)


def _inserted(value: Value, kind: str) -> str:
    """A value in an INSERT; texts in hexadecimal, so that no sign in them means anything."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return f"_utf8mb4 X'{value.encode().hex()}'"
    if isinstance(value, float) and not math.isfinite(value):
        raise ToolError(f"MariaDB has no {value}: take it out of the file, or copy it to PostgreSQL")
    told = text_of(value, kind)
    return f"'{told}'" if kind in ("date", "moment", "instant") else told
