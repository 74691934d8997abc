"""SQLite as sheets, with Python's own module: nothing is downloaded for it. And what Parquet looks like."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote as in_address

from workers.inspection.bounded_job import Job

from ..places import read
from .json_sheet import cell_fault, cell_text
from .sheet import Cells, Sheet, Unreadable, named

#: Most tables of one SQLite file.
MAX_TABLES = 200
_STEPS = 10_000
_PARQUET = b"PAR1"


def sqlite_tables(path: Path, job: Job) -> list[str]:
    """Names of the ordinary tables of a SQLite file.

    Raises:
        Unreadable: it is no SQLite file, or has none.
    """
    with closing(sqlite_file(path, job)) as connection:
        try:
            found = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                "AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
            ).fetchall()
        except sqlite3.Error as error:
            raise Unreadable(f"it is no SQLite database: {error}") from None
    if not found or len(found) > MAX_TABLES:
        raise Unreadable(f"it has {len(found)} tables; 1 to {MAX_TABLES} are read")
    return [row[0] for row in found]


def sqlite_sheet(path: Path, table: str, name: str, job: Job) -> Sheet:
    """One table of a SQLite file.

    Raises:
        Unreadable: it cannot be read.
    """
    with closing(sqlite_file(path, job)) as connection:
        try:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
            notes: list[str] = []
            names = named(columns, notes)
            typed = frozenset(number for number, column in enumerate(columns) if _only_text(connection, table, column))
        except sqlite3.Error as error:
            raise Unreadable(f"its table cannot be read: {error}") from None
    sheet = Sheet(name, names, iter(()), typed, notes=notes)
    sheet.rows = _sqlite_rows(path, table, columns, job, sheet)
    return sheet


def check_parquet(path: Path) -> None:
    """Whether a file begins and ends as a Parquet file does, before the engine is let near it.

    Raises:
        Unreadable: it does not.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with read(path) as file:
        begins = file.read(len(_PARQUET))
        file.seek(max(0, size - len(_PARQUET)))
        ends = file.read()
    if size < 3 * len(_PARQUET) or begins != _PARQUET or ends != _PARQUET:
        raise Unreadable("it is empty: 0 bytes" if not size else "it is no Parquet file")


def sqlite_file(path: Path, job: Job) -> sqlite3.Connection:
    """A SQLite file, opened for reading only; its statements end with the job."""
    connection = sqlite3.connect(f"file:{in_address(str(path))}?mode=ro", uri=True, check_same_thread=False)
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_progress_handler(lambda: int(job.stopped or not job.left), _STEPS)
    return connection


def _sqlite_rows(path: Path, table: str, columns: list[str], job: Job, sheet: Sheet) -> Iterator[tuple[int, Cells]]:
    wanted = ", ".join(map(_quoted, columns))
    with closing(sqlite_file(path, job)) as connection:
        try:
            for number, row in enumerate(connection.execute(f"SELECT {wanted} FROM {_quoted(table)}"), 1):  # noqa: S608
                cells = [cell_text(value) for value in row]
                if fault := cell_fault(cells):
                    sheet.reject(number, fault, json.dumps(cells, ensure_ascii=True))
                else:
                    yield number, cells
        except sqlite3.Error as error:
            raise Unreadable(f"its table cannot be read to the end: {error}") from None


def _only_text(connection: sqlite3.Connection, table: str, column: str) -> bool:
    asked = f"SELECT DISTINCT typeof({_quoted(column)}) FROM {_quoted(table)}"  # noqa: S608 - quoted
    return {row[0] for row in connection.execute(asked)} <= {"text", "null"}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
