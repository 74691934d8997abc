"""Columns of both kinds of server, and expressions that sum the same values to the same number on either."""
# ruff: noqa: S608 - names come from the catalogue and are quoted

from typing import NamedTuple

from ..clients import Clients


class Column(NamedTuple):
    """One column of a table."""

    name: str
    type: str


class Sums(NamedTuple):
    """One number that must be the same on both sides."""

    what: str
    source: str  #: an expression of MariaDB
    target: str  #: an expression of PostgreSQL
    inexact: bool = False


_WHOLE = frozenset(("smallint", "integer", "bigint", "numeric"))
_REAL = frozenset(("real", "double precision"))
_TEXT = frozenset(("text", "character varying", "character", "USER-DEFINED"))


def ticked(name: str) -> str:
    """A name as MariaDB quotes it."""
    return "`" + name.replace("`", "``") + "`"


def doubled(name: str) -> str:
    """A name as PostgreSQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as both read it, in the modes that are set here."""
    return "'" + value.replace("'", "''") + "'"


def source_tables(clients: Clients, database: str) -> dict[str, list[Column]]:
    """The tables of a MariaDB database with their columns, in order."""
    told = clients.query(
        "SELECT t.table_name, c.column_name, c.column_type FROM information_schema.tables t JOIN "
        "information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name WHERE "
        f"t.table_type = 'BASE TABLE' AND t.table_schema = {text(database)} ORDER BY 1, c.ordinal_position",
        "",
    )
    return _by_table(told)


def target_tables(clients: Clients, schema: str) -> dict[str, list[Column]]:
    """The tables of a PostgreSQL schema with their columns, in order."""
    told = clients.query(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN "
        "information_schema.tables t USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE' AND "
        f"c.table_schema = {text(schema)} ORDER BY 1, c.ordinal_position"
    )
    return _by_table(told)


def _by_table(told: list[list[str]]) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = {}
    for table, name, kind in told:
        found.setdefault(table, []).append(Column(name, kind))
    return found


def sums_of(source: Column, target: Column) -> list[Sums]:
    """What is summed of a column on both sides; nothing but a count where no sum would be the same."""
    mine, theirs = ticked(source.name), doubled(target.name)
    counted = Sums(f"{source.name}: values", f"COUNT({mine})", f"count({theirs})")
    kind, summed = target.type, None
    if kind in _WHOLE or kind in _REAL:
        both = f"COALESCE(SUM({mine}), 0)", f"coalesce(sum({theirs}), 0)"
        summed = Sums(f"{source.name}: sum", *both, inexact=kind in _REAL)
    elif kind == "boolean":
        both = f"COALESCE(SUM({mine} <> 0), 0)", f"count(*) FILTER (WHERE {theirs})"
        summed = Sums(f"{source.name}: true", *both)
    elif kind in _TEXT and not source.type.startswith("set("):
        summed = _texts(source.name, f"CONVERT({mine} USING utf8mb4)", f"{theirs}::text")
    elif kind == "bytea":
        summed = _texts(source.name, mine, theirs)
    elif kind in ("date", "timestamp without time zone"):
        summed = _times(source.name, mine, f"{theirs}::timestamp")
    elif kind == "timestamp with time zone":
        summed = _times(source.name, mine, f"({theirs} AT TIME ZONE 'UTC')")
    # What is all zeros in the source is null in the copy: of times, the sum says whether they are the same.
    return [counted] if summed is None else [summed] if summed.what.endswith("times") else [counted, summed]


def _texts(name: str, mine: str, theirs: str) -> Sums:
    return Sums(
        f"{name}: texts",
        f"COALESCE(SUM(CAST(CONV(SUBSTR(MD5({mine}), 1, 8), 16, 10) AS UNSIGNED)), 0)",
        f"coalesce(sum(('x' || substr(md5({theirs}), 1, 8))::bit(32)::bigint), 0)",
    )


def _times(name: str, mine: str, theirs: str) -> Sums:
    since = f"TIMESTAMPDIFF(SECOND, '2000-01-01', CASE WHEN {mine} > '0001-01-01' THEN {mine} END)"
    return Sums(
        f"{name}: times",
        f"COALESCE(SUM({since}), 0)",
        f"coalesce(sum(floor(extract(epoch FROM {theirs} - timestamp '2000-01-01'))), 0)",
    )
