"""Staging: a sheet is written down as text, its types are found in all of its values, and a typed table is made.

A type is taken when every value has it, or nearly every one: then the records of the others are set aside.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .engine import OWN, Database, Table, literal, quoted
from .sheet import MAX_REJECTS, Cells, Sheet, Unreadable

#: A type that so great a share of a column's values has is meant, if there are values enough to tell.
MEANT, ENOUGH = 0.8, 5
#: The longest record, in characters.
MAX_LENGTH = 500_000
#: Columns whose types are found at once.
_AT_ONCE = 100
_LOOK_EVERY = 2_000

_NUMBER = r"'[+-]?([1-9][0-9]*|0)?(\.[0-9]+)?([eE][+-]?[0-9]+)?'"
_DATE = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
#: How a value of each type is recognised, in the order in which types are tried. `{}` is the value.
_FITS = {
    "BOOLEAN": "lower({}) IN ('true', 'false')",
    "BIGINT": "regexp_full_match({}, '[+-]?(0|[1-9][0-9]{{0,18}})') AND TRY_CAST({} AS BIGINT) IS NOT NULL",
    "DOUBLE": f"regexp_full_match({{}}, {_NUMBER.replace('{', '{{').replace('}', '}}')}) "
    "AND TRY_CAST({} AS DOUBLE) IS NOT NULL",
    "DATE": f"regexp_full_match({{}}, '{_DATE.replace('{', '{{').replace('}', '}}')}') "
    "AND TRY_CAST({} AS DATE) IS NOT NULL",
    "TIMESTAMP": f"regexp_matches({{}}, '^{_DATE.replace('{', '{{').replace('}', '}}')}') "
    "AND TRY_CAST({} AS TIMESTAMP) IS NOT NULL",
}
_LEADING_ZERO = "regexp_full_match({}, '[+-]?0[0-9]+')"


class Made(NamedTuple):
    """A table that was made."""

    table: Table
    rows: int
    types: dict[str, str]


def fits(kind: str, cell: str) -> str:
    """Whether a cell's text is a value of a type, in a statement."""
    return "(" + _FITS[kind].format(cell, cell) + ")"


def make_table(database: Database, sheet: Sheet, paper: Path) -> Made:
    """Make the typed table of a sheet, inside the transaction of its load. `paper` is a file to write on.

    Raises:
        Unreadable: the sheet is none after all.
        ToolError: the engine refused.
    """
    try:
        _write(database, sheet, paper)
        _stage(database, len(sheet.columns), paper)
    finally:
        paper.unlink(missing_ok=True)
    kinds = _types(database, sheet)
    _misfits(database, sheet, kinds)
    table = Table("main", sheet.name)
    chosen = ", ".join(
        f"{_cast(number, kind)} AS {quoted(name)}"
        for number, (name, kind) in enumerate(zip(sheet.columns, kinds, strict=True))
    )
    database.rows(f"CREATE TABLE {table.sql} AS SELECT {chosen} FROM stage WHERE NOT misfit ORDER BY record")  # noqa: S608
    rows = database.row(f"SELECT count(*) FROM {table.sql}")[0]  # noqa: S608 - quoted
    database.rows("DROP TABLE stage")
    return Made(table, rows, dict(zip(sheet.columns, kinds, strict=True)))


def _write(database: Database, sheet: Sheet, paper: Path) -> None:
    """The rows in the one dialect that the engine is asked to read. Quoted is a text, unquoted is nothing."""
    with paper.open("w", encoding="utf-8", newline="") as out:
        for count, (number, cells) in enumerate(sheet.rows):
            if count % _LOOK_EVERY == 0 and database.job.out_of_time:
                raise Unreadable(f"it cannot be read in {database.job.seconds:g} s")
            line = _line(cells)
            if len(line) > MAX_LENGTH:
                sheet.reject(number, f"is longer than {MAX_LENGTH:,} characters", line)
            else:
                out.write(f"{number},{line}\n")


def _line(cells: Cells) -> str:
    return ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)


def _stage(database: Database, width: int, paper: Path) -> None:
    columns = ", ".join(("'record': 'BIGINT'", *(f"'c{number}': 'VARCHAR'" for number in range(width))))
    database.rows("DROP TABLE IF EXISTS stage")
    database.rows(
        f"CREATE TEMP TABLE stage AS SELECT *, false AS misfit FROM read_csv(?, columns = {{{columns}}}, "  # noqa: S608
        "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "allow_quoted_nulls = false, new_line = '\\n', parallel = false)",
        [str(paper)],
    )


def _types(database: Database, sheet: Sheet) -> list[str]:
    kinds: list[str] = []
    for start in range(0, len(sheet.columns), _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, len(sheet.columns)))
        asked = ", ".join(
            f"count(trim(c{n})), count(*) FILTER ({_LEADING_ZERO.format(f'trim(c{n})')}), "
            + ", ".join(f"count(*) FILTER ({fits(kind, f'trim(c{n})')})" for kind in _FITS)
            for n in numbers
        )
        counts = database.row(f"SELECT {asked} FROM stage")  # noqa: S608 - our own names
        per = len(_FITS) + 2
        for place, number in enumerate(numbers):
            values, zeros, *fitting = counts[place * per : (place + 1) * per]
            kinds.append(_choose(values, zeros, fitting, texts=number in sheet.typed))
    return kinds


def _choose(values: int, zeros: int, fitting: Sequence[int], texts: bool) -> str:
    """The type of a column: the first that all values have, else the one that is meant, else text."""
    barred = {"BOOLEAN", "BIGINT", "DOUBLE"} if texts else {"BIGINT", "DOUBLE"} if zeros else set()
    counts = [(kind, count) for kind, count in zip(_FITS, fitting, strict=True) if kind not in barred]
    whole = next((kind for kind, count in counts if values and count == values), "")
    kind, most = max(counts, key=lambda item: item[1])
    return whole or (kind if values >= ENOUGH and most >= MEANT * values else "VARCHAR")


def _misfits(database: Database, sheet: Sheet, kinds: Sequence[str]) -> None:
    """Set the records aside that have a value which is not of its column's type."""
    wrong = {n: f"(c{n} IS NOT NULL AND NOT {fits(kind, f'trim(c{n})')})" for n, kind in _typed(kinds)}
    if not wrong:
        return
    database.rows(f"UPDATE stage SET misfit = true WHERE {' OR '.join(wrong.values())}")  # noqa: S608 - our own names
    cases = " ".join(f"WHEN {test} THEN {n}" for n, test in wrong.items())
    record = ", ".join(f"{literal(name)}, c{n}" for n, name in enumerate(sheet.columns))
    found = database.rows(
        f"SELECT record, CASE {cases} END, json_object({record})::VARCHAR FROM stage WHERE misfit ORDER BY record"  # noqa: S608
        f" LIMIT {MAX_REJECTS + 1}"
    )
    for row, number, text in found:
        sheet.reject(row, f"`{sheet.columns[number]}` is no {kinds[number]}", text)


def keep_rejects(database: Database, sheet: Sheet, load: str, file: str) -> None:
    """Keep what was set aside in the database itself."""
    statement = f"INSERT INTO {OWN}.rejects VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own name
    for reject in sheet.rejects:
        database.rows(statement, [load, sheet.name, file, reject.row, reject.reason, reject.record])


def _typed(kinds: Sequence[str]) -> list[tuple[int, str]]:
    return [(number, kind) for number, kind in enumerate(kinds) if kind != "VARCHAR"]


def _cast(number: int, kind: str) -> str:
    return f"c{number}" if kind == "VARCHAR" else f"CAST(trim(c{number}) AS {kind})"
