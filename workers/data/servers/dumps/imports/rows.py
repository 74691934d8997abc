"""Rows: the rows of a table of a file, each value in the one form in which it is written and summed."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

import duckdb

from ..migration.columns import doubled
from .columns import Made, MadeTable

#: A value: of times, microseconds since 1970.
Value = int | float | Decimal | str | bytes | None
Row = tuple[Value, ...]
_BATCH = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reader(Protocol):
    """What reads a table."""

    def rows(self, table: MadeTable) -> Iterator[Row]:
        """Its rows, in the order of its columns."""


class SqliteRows:
    """Rows of a SQLite file."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def rows(self, table: MadeTable) -> Iterator[Row]:
        """Its rows, in the order of its columns."""
        wanted = ", ".join(
            f"CAST({doubled(one.source)} AS {'TEXT' if one.kind == 'text' else 'BLOB'})"
            if one.kind in ("text", "bytes")
            else doubled(one.source)
            for one in table.columns
        )
        for row in self._base.execute(f"SELECT {wanted} FROM {doubled(table.source)}"):
            yield tuple(_plain(value, column) for value, column in zip(row, table.columns, strict=True))


class DuckRows:
    """Rows of a DuckDB file."""

    def __init__(self, base: duckdb.DuckDBPyConnection) -> None:
        self._base = base

    def rows(self, table: MadeTable) -> Iterator[Row]:
        """Its rows, in the order of its columns."""
        cells = []
        for one in table.columns:
            name = doubled(one.source)
            if one.kind in ("date", "moment", "instant"):
                cells.append(f"epoch_us({name}{'::TIMESTAMP' if one.kind == 'date' else ''})")
            else:
                cells.append(f"CAST({name} AS VARCHAR)" if one.kind == "text" else name)
        cursor = self._base.execute(f"SELECT {', '.join(cells)} FROM main.{doubled(table.source)}")
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


def moment_of(microseconds: int) -> datetime:
    """The moment that is so many microseconds from 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _plain(value: object, column: Made) -> Value:
    """A value of SQLite, in the one form."""
    if value is None:
        return None
    if column.kind in ("date", "moment"):
        return (datetime.fromisoformat(str(value)).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    if column.kind == "decimal" and column.size:
        return round(Decimal(str(value)), column.size[1])
    if column.kind == "real":
        return float(str(value))
    return value if isinstance(value, int | str | bytes) else str(value)


def text_of(value: Value, kind: str) -> str:
    """A value as a server reads it, but texts and bytes."""
    if kind in ("date", "moment", "instant") and isinstance(value, int):
        told = moment_of(value).replace(tzinfo=None)
        return told.date().isoformat() if kind == "date" else told.isoformat(sep=" ", timespec="microseconds")
    if kind == "truth":
        return "1" if value else "0"
    return format(value, "f") if isinstance(value, Decimal) else repr(value)
