"""Profiling: what the columns of tables hold. Texts are never shown, only how long they are."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, Severity, conclude
from workers.inspection.git import printable

from ..engine import Database, Table, opened
from ..engine import quoted as q
from ..places import existing
from ..sheets.column_types import ENOUGH, MEANT, fits
from .checking import chosen
from .usual import key_of

#: Bounds of one profile.
MAX_TABLES, MAX_COLUMNS = 50, 300
#: Rows up to which different values are counted exactly, else nearly.
EXACT_ROWS = 2_000_000
#: A share of rows without a value that is worth telling.
MANY_NULLS = 0.2

_ORDERED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "TIME")  # fmt: skip


class Column(BaseModel):
    """One column."""

    table: str = Field(description="Its table.")
    column: str = Field(description="Its name.")
    type: str = Field(description="Its type.")
    nulls: int = Field(description="Rows without a value.")
    distinct: int = Field(description="Different values.")
    least: str = Field(description="Least number or date; for a text, the shortest length.")
    greatest: str = Field(description="Greatest number or date; for a text, the longest length.")
    key: bool = Field(description="Whether it could identify a row: never without a value, never twice.")


class TableProfile(BaseModel):
    """One table."""

    table: str = Field(description="Its name.")
    rows: int = Field(description="Its rows.")
    columns: int = Field(description="Its columns.")
    row_duplicates: int = Field(description="Rows that are there already as a whole.")
    keys: list[str] = Field(description="Columns that could identify a row.")


class Profile(ScanResult):
    """What the tables of a database hold."""

    tables: list[TableProfile] = Field(default_factory=list, description="Its tables.")
    columns: list[Column] = Field(default_factory=list, description="Their columns.")


def profile(database: str, names: Sequence[str], job: Job) -> Profile:
    """Profile tables; all of them without names.

    Raises:
        ToolError: the database cannot be read, or a table is not there.
        Stopped: the job is no longer wanted.
    """
    file = existing(database, "the database")
    covered = Coverage()
    tables: list[TableProfile] = []
    columns: list[Column] = []
    findings: list[Finding] = []
    with opened(file, job) as store:
        wanted = chosen(store, names)
        if len(wanted) > MAX_TABLES:
            covered.gaps.append(f"{len(wanted) - MAX_TABLES} tables: beyond the bound of {MAX_TABLES}")
        for place, table in enumerate(wanted[:MAX_TABLES]):
            job.progress(place / len(wanted), table.shown)
            about, held = _table(store, table, covered)
            tables.append(about)
            columns += held
            findings += _findings(about, held)
            findings += _meant(store, table, held)
    base = conclude("data profile", printable(str(file)), findings, covered, looked=bool(tables))
    if tables:
        rows = sum(table.rows for table in tables)
        base.summary = f"{rows:,} rows in {len(tables)} tables, {len(columns)} columns; {base.counts.total} findings"
    return Profile(**base.model_dump(), tables=tables, columns=columns)


def _table(store: Database, table: Table, covered: Coverage) -> tuple[TableProfile, list[Column]]:
    known = store.columns(table)
    if len(known) > MAX_COLUMNS:
        covered.gaps.append(f"{table.shown}: {len(known) - MAX_COLUMNS} columns beyond the bound of {MAX_COLUMNS}")
    rows = store.row(f"SELECT count(*) FROM {table.sql}")[0]  # noqa: S608 - quoted
    held = [_column(store, table, name, kind, rows) for name, kind in known[:MAX_COLUMNS]]
    cells = ", ".join(q(name) for name, _ in known)
    single = store.row(f"SELECT count(*) FROM (SELECT DISTINCT {cells} FROM {table.sql})")[0]  # noqa: S608 - quoted
    covered.files += 1
    covered.lines += rows
    keys = [column.column for column in held if column.key]
    return TableProfile(
        table=table.shown, rows=rows, columns=len(known), row_duplicates=rows - single, keys=keys[:20]
    ), held


def _column(store: Database, table: Table, name: str, kind: str, rows: int) -> Column:
    ordered = kind.partition("(")[0].partition(" ")[0] in _ORDERED
    cell = q(name) if ordered else f"length(CAST({q(name)} AS VARCHAR))"
    counted = "count(DISTINCT {})" if rows <= EXACT_ROWS else "approx_count_distinct({})"
    filled, distinct, least, greatest = store.row(
        f"SELECT count({q(name)}), {counted.format(q(name))}, min({cell}), max({cell}) FROM {table.sql}"  # noqa: S608
    )
    return Column(
        table=table.shown,
        column=printable(name, 80),
        type=printable(kind, 40),
        nulls=rows - filled,
        distinct=distinct,
        least=_shown(least, ordered),
        greatest=_shown(greatest, ordered),
        key=bool(rows) and rows <= EXACT_ROWS and filled == rows == distinct,
    )


def _shown(value: Any, ordered: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return f"{value:.10g}"
    return str(value) if ordered else f"{value} characters"


def _findings(about: TableProfile, held: Sequence[Column]) -> Iterator[Finding]:
    if not about.rows:
        yield _finding("no-rows", "Table without rows", "medium", about.table, "it holds nothing")
        return
    if about.row_duplicates:
        detail = f"{about.row_duplicates:,} of {about.rows:,} rows are there already as a whole"
        yield _finding("row-twice", "Rows twice", "medium", about.table, detail)
    key = key_of(about.table, [column.column for column in held])
    for column in held:
        place = f"{about.table}.{column.column}"
        missing = f"{column.nulls:,} of {about.rows:,} rows have no value"
        if column.nulls == about.rows:
            yield _finding("empty-column", "Column without values", "low", place, missing)
        elif column.column == key and not column.key and about.rows <= EXACT_ROWS:
            again = about.rows - column.nulls - column.distinct
            detail = f"it is named as a key, but {again:,} rows have a value that is there already; {missing}"
            yield _finding("broken-key", "Key is not unique or not whole", "high", place, detail)
        elif column.nulls > MANY_NULLS * about.rows:
            yield _finding("many-nulls", "Many rows without a value", "medium", place, missing)
        elif column.nulls:
            yield _finding("nulls", "Rows without a value", "low", place, missing)


def _meant(store: Database, table: Table, held: Sequence[Column]) -> Iterator[Finding]:
    """Text columns that hold nearly nothing but numbers or dates: the others are of a wrong type."""
    for name, kind in store.columns(table)[: len(held)]:
        if kind != "VARCHAR":
            continue
        text = f"trim({q(name)})"
        filled, numbers, dates = store.row(
            f"SELECT count(*), count(*) FILTER ({fits('DOUBLE', text)}), count(*) FILTER ({fits('TIMESTAMP', text)}) "  # noqa: S608
            f"FROM {table.sql} WHERE {q(name)} IS NOT NULL"
        )
        for what, count in (("numbers", numbers), ("dates", dates)):
            if filled >= ENOUGH and MEANT * filled <= count < filled:
                detail = f"{count:,} of {filled:,} values are {what}, {filled - count:,} are not"
                yield _finding("mixed-type", "Mixed types", "medium", f"{table.shown}.{printable(name, 80)}", detail)


def _finding(rule: str, title: str, severity: Severity, place: str, detail: str) -> Finding:
    return Finding(rule=rule, title=title, severity=severity, file=place, detail=detail)
