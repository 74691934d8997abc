"""Opening: the sheets of a data file, whatever its kind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.inspection.bounded_job import Job

from .content import content_kind
from .csv_sheet import csv_sheet
from .fixed_width import text_sheet
from .json_sheet import json_sheet, jsonl_sheet
from .layout import Header
from .other_sheets import sqlite_sheet, sqlite_tables
from .packed import unpacked
from .sheet import Sheet, plain
from .sources import DataFile, Kind
from .workbook import workbook_sheets


@contextmanager
def readable(source: DataFile, scratch: Path, job: Job) -> Iterator[tuple[Path, Kind]]:
    """A data file as it can be read, unpacked if it has to be, and what it is by its bytes.

    Raises:
        Unreadable: it is no data, damaged, or only stands for a file that is elsewhere.
        OSError: it cannot be read.
    """
    if not source.packed:
        yield source.path, content_kind(source.path, source.kind)
        return
    with unpacked(source.path, scratch, job) as path:
        yield path, content_kind(path, source.kind)


def sheets(path: Path, kind: Kind, stem: str, free: Callable[[str], str], header: Header, job: Job) -> Iterator[Sheet]:
    """The sheets of a file that is neither Parquet nor a DuckDB database; `free` makes a name of a table of another.

    Raises:
        Unreadable: it is no table.
        OSError: it cannot be read.
    """
    stem = plain(stem) or "table"
    if kind == "sqlite":
        for table in sqlite_tables(path, job):
            yield sqlite_sheet(path, table, free(plain(table) or "table"), job)
    elif kind == "excel":
        for sheet in workbook_sheets(path, stem, header):
            sheet.name = free(plain(sheet.name) or stem)
            yield sheet
    elif kind == "jsonl":
        yield jsonl_sheet(path, free(stem), job)
    elif kind == "json":
        yield json_sheet(path, free(stem), job)
    elif kind == "text":
        yield text_sheet(path, free(stem), header)
    else:
        yield csv_sheet(path, free(stem), header)
