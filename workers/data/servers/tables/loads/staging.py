"""Staging: a sheet is written down as text, its types are found in all of its values, and a typed table is made."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from workers.inspection.git import printable

from ..engine import OWN, SCRATCH, Database, Table, quoted
from ..sheets.column_types import ANSWERS, ENOUGH, MEANT, choose, fits, fitting, missing, question, reasons, seen
from ..sheets.sheet import MAX_LENGTH, Cells, Sheet, Unreadable

#: Columns whose types are found at once: planning a statement takes more than twice as long for twice as many.
_AT_ONCE = 4
_LOOK_EVERY = 2_000
_NAMED = 10
#: Bytes of the longest line of the paper: every character may take four, every quote is doubled.
_LINE = 8 * MAX_LENGTH


class Made(NamedTuple):
    """A table that was made, in the scratch database."""

    table: Table
    rows: int
    types: dict[str, str]
    mixed: list[str]  #: columns that nearly hold numbers or times, in words


def make_table(database: Database, sheet: Sheet, paper: Path) -> Made:
    """Make the typed table of a sheet, in the scratch database. `paper` is a file to write on.

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
    table = Table("main", sheet.name)
    cells = [_cast(number, kind, number in sheet.typed) for number, kind in enumerate(kinds)]
    chosen = ", ".join(
        f"{cell} AS {quoted(name)}" for cell, name, kind in zip(cells, sheet.columns, kinds, strict=True) if kind
    )
    mixed = list(_remarks(database, sheet, kinds))
    made = f"{SCRATCH}.{table.sql}"
    database.rows(f"CREATE OR REPLACE TABLE {made} AS SELECT {chosen} FROM {SCRATCH}.stage ORDER BY record")  # noqa: S608
    rows = database.row(f"SELECT count(*) FROM {made}")[0]  # noqa: S608 - quoted
    database.rows(f"DROP TABLE {SCRATCH}.stage")
    return Made(table, rows, {name: kind for name, kind in zip(sheet.columns, kinds, strict=True) if kind}, mixed)


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
    long = paper.stat().st_size > _LOOK_EVERY * _LOOK_EVERY // 2  # what the engine takes without being told
    bound = f", max_line_size = {_LINE}, buffer_size = {2 * _LINE}" if long else ""
    database.rows(
        f"CREATE OR REPLACE TABLE {SCRATCH}.stage AS SELECT * FROM read_csv(?, columns = {{{columns}}}, "  # noqa: S608
        "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        f"allow_quoted_nulls = false, new_line = '\\n', parallel = false{bound})",
        [str(paper)],
    )


def _types(database: Database, sheet: Sheet) -> list[str]:
    """The type of each column; none for one that has neither a name nor a value."""
    kinds: list[str] = []
    for start in range(0, len(sheet.columns), _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, len(sheet.columns)))
        asked = ", ".join(question(f"c{number}") for number in numbers)
        answer = database.row(f"SELECT {asked} FROM {SCRATCH}.stage")  # noqa: S608 - our own names
        for place, number in enumerate(numbers):
            about = seen(answer[place * ANSWERS : (place + 1) * ANSWERS])
            kind = choose(about, texts=number in sheet.typed)
            kinds.append("" if number in sheet.unnamed and not about.values else kind)
            if about.values and (about.text_markers if kind == "VARCHAR" else about.markers):
                _note_markers(database, sheet, number, kind)
    if empty := kinds.count(""):
        sheet.notes.append(f"{empty} column{'s' if empty > 1 else ''} without a name and without a value left out")
    return kinds


def _note_markers(database: Database, sheet: Sheet, number: int, kind: str) -> None:
    if number in sheet.typed and kind == "VARCHAR":
        return
    cell = f"c{number}"
    found = database.rows(
        f"SELECT trim({cell}), count(*) FROM {SCRATCH}.stage WHERE {missing(kind, cell)} GROUP BY 1 "  # noqa: S608
        f"ORDER BY 2 DESC, 1 LIMIT {_NAMED}"
    )
    said = ", ".join(f"{count:,} × `{printable(str(text), 20)}`" for text, count in found)
    sheet.notes.append(f"missing values in `{printable(sheet.columns[number], 60)}`: {said} became NULL")


def _remarks(database: Database, sheet: Sheet, kinds: Sequence[str]) -> Iterator[str]:
    """Why columns that look like numbers or times stay text: in notes; given back where only some values hinder it."""
    why = defaultdict[str, list[str]](list)
    for number, kind in enumerate(kinds):
        if kind != "VARCHAR" or number in sheet.typed:
            continue
        cell = f"c{number}"
        kinds_of = fitting(f"trim({cell})")
        tests = [test for _, test in (*kinds_of, *reasons(cell))]
        asked = ", ".join(f"count(*) FILTER ({test})" for test in (" OR ".join(tests), *tests))
        values, alike, *counts = database.row(f"SELECT count({cell}), {asked} FROM {SCRATCH}.stage")  # noqa: S608 - our own
        fit, kind_of = max(zip(counts, (name for name, _ in kinds_of), strict=False), key=lambda one: one[0])
        told = [reason for (reason, _), count in zip(reasons(cell), counts[len(kinds_of) :], strict=True) if count]
        name = printable(sheet.columns[number], 60)
        # What only hints at a figure, in one value of many, is a text.
        if values and alike >= MEANT * values and (told or fit == values):
            why[" and ".join(told) or "its values are written in several forms"].append(f"`{name}`")
        elif values >= ENOUGH and MEANT * values <= fit < values:
            yield f"`{name}` is no {kind_of} in {_where(database, cell, kind_of)}: kept as text"
    for reason, names in why.items():
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        sheet.notes.append(f"{', '.join(names[:_NAMED])}{more} kept as text: {reason}")


def _where(database: Database, cell: str, kind: str) -> str:
    wrong = f"{cell} IS NOT NULL AND NOT {fits(kind, f'trim({cell})')}"
    count = database.row(f"SELECT count(*) FROM {SCRATCH}.stage WHERE {wrong}")[0]  # noqa: S608 - our own names
    first = database.rows(f"SELECT record FROM {SCRATCH}.stage WHERE {wrong} ORDER BY 1 LIMIT {_NAMED}")  # noqa: S608
    named = ", ".join(str(row[0]) for row in first) + (" …" if count > len(first) else "")
    return f"{count:,} record{'' if count == 1 else 's'} ({named})"


def keep_rejects(database: Database, sheet: Sheet, load: str, file: str) -> None:
    """Keep what was set aside in the database itself."""
    statement = f"INSERT INTO {OWN}.rejects VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own name
    for reject in sheet.rejects:
        database.rows(statement, [load, sheet.name, file, reject.row, reject.reason, reject.record])


def _cast(number: int, kind: str, texts: bool) -> str:
    cell = f"c{number}"
    if kind == "VARCHAR" and texts:
        return cell
    if kind == "VARCHAR":
        return f"CASE WHEN {missing(kind, cell)} THEN NULL ELSE {cell} END"
    return f"CAST(CASE WHEN {missing(kind, cell)} THEN NULL ELSE trim({cell}) END AS {kind})"
