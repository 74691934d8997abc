"""Sources: data files, opened for one call as tables with their rows; the files are only read."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import duckdb
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from ...tables.engine import OWN
from ...tables.loads.loading import Load
from ..schemas.file_catalogue import complaint, engine_of, opened_duckdb, opened_sqlite, read_file
from ..schemas.schema_results import Schema
from .rows import DuckRows, Reader, SqliteRows
from .shaping import Shape, duck_shape, sqlite_shape


class Source(NamedTuple):
    """Data files, opened."""

    shape: Shape
    reader: Reader
    name: str  #: for a schema that is made of it


@contextmanager
def opened_source(files: Sequence[str], job: Job) -> Iterator[Source]:
    """One SQLite or DuckDB file as it is, or data files of other kinds, read into tables of their own.

    Raises:
        ToolError: they cannot be read, or hold no table.
    """
    stem = Path(files[0]).stem if len(files) == 1 else Path(files[0]).parent.name
    try:
        if kinds := [kind for path in files if (kind := _database(path))]:
            if len(files) > 1:
                raise ToolError("one database is copied at a time: name one file, or files that are no databases")
            with _opened(files[0], kinds[0], job) as (shape, reader):
                yield Source(shape, reader, stem)
            return
        with tempfile.TemporaryDirectory(prefix="aether-import-") as folder:
            staged = str(Path(folder) / "files.duckdb")
            loaded = Load(job, files).run(staged)
            notes = [f"{one.source}: {note}" for one in loaded.tables for note in one.notes]
            notes += [
                f"{one.file}: {one.title.lower()}: {one.detail}" for one in loaded.findings if one.rule != "decided"
            ]
            notes += loaded.coverage.gaps
            with _opened(staged, "duckdb", job) as (shape, reader):
                yield Source(shape._replace(notes=[*notes, *shape.notes]), reader, stem)
    except (sqlite3.Error, duckdb.Error) as error:
        raise complaint(files[0], error, job, "it cannot be read: ") from None
    except UnicodeError:
        raise ToolError(f"`{printable(files[0])}` holds text that is no UTF-8: write it anew there") from None


def _database(path: str) -> str:
    """What kind of database a file is; empty for any other file or folder."""
    with suppress(ToolError):
        return engine_of(path)
    return ""


@contextmanager
def _opened(path: str, engine: str, job: Job) -> Iterator[tuple[Shape, Reader]]:
    schema = read_file(path, job, False)
    if engine == "sqlite":
        with closing(opened_sqlite(path)) as base, job.ending(base.interrupt):
            yield sqlite_shape(base, schema), SqliteRows(base)
    else:
        with opened_duckdb(path) as duck, job.ending(duck.interrupt):
            yield duck_shape(duck, _main_only(duck, schema)), DuckRows(duck)


def _main_only(duck: duckdb.DuckDBPyConnection, schema: Schema) -> Schema:
    """Tables of the usual schema; those of others are named as left out."""
    main = {
        name for (name,) in duck.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
    }
    left = [f"table {one.name}" for one in schema.tables if one.name not in main and not one.name.startswith(f"{OWN}.")]
    kept = [one for one in schema.tables if one.name in main]
    return schema.model_copy(update={"tables": kept, "others": [*schema.others, *left]})
