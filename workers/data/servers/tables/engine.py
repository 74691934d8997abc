"""Engine: DuckDB on one file, with nothing else in its reach. Identifiers are quoted, values are bound."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job, Stopped
from workers.inspection.git import printable

from .places import read, shown

#: What one call may use.
THREADS, MEMORY, SPILL = 2, "1GB", "8GB"
#: The schema that holds what this server knows of its own loads.
OWN = "aether"
#: The database in memory that tables are made in before all of them go into the file.
SCRATCH = "scratch"
_MAGIC, _MAGIC_AT = b"DUCK", 8


class Table(NamedTuple):
    """A table of a database."""

    schema: str
    name: str

    @property
    def sql(self) -> str:
        """Its name in a statement."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def shown(self) -> str:
        """Its name for people."""
        return printable(self.name if self.schema == "main" else f"{self.schema}.{self.name}", 80)


class Figures(NamedTuple):
    """What a table holds, in a few numbers."""

    rows: int
    checksum: str  #: the same for the same rows in any order


def quoted(name: str) -> str:
    """An identifier in a statement, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in a statement, where nothing can be bound."""
    return "'" + text.replace("'", "''") + "'"


class Database:
    """An opened DuckDB file. Every statement ends with its job."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, job: Job, file: Path) -> None:
        self.job = job
        self.file = file
        self._connection = connection

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement.

        Raises:
            ToolError: it failed, or took too long.
            Stopped: nobody wants the result any more.
        """
        with self._watched():
            return self._connection.execute(statement, list(values)).fetchall()

    def row(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The one row of a statement."""
        return self.rows(statement, values)[0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self.rows("BEGIN")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            self._undo()
            raise

    def tables(self, own: bool = False) -> list[Table]:
        """Its tables by name, without this server's own unless asked for."""
        found = self.rows(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE database_name = 'db' AND NOT internal ORDER BY ALL"
        )
        return [Table(*row) for row in found if own or row[0] != OWN]

    def columns(self, table: Table) -> list[tuple[str, str]]:
        """Names and types of a table's columns, in order."""
        return self.rows(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'db' AND schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            table,
        )

    def figures(self, table: Table) -> Figures:
        """How many rows a table has, and a checksum of them."""
        cells = ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), chr(0))" for name, _ in self.columns(table))
        rows, total = self.row(
            f"SELECT count(*), sum(md5_number_lower(concat_ws(chr(31), {cells}))) FROM {table.sql}"  # noqa: S608 - quoted
        )
        return Figures(rows, f"{int(total or 0) % (1 << 128):032x}")

    def _undo(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:
            return  # the failure itself has ended the transaction

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with self.job.ending(self._connection.interrupt):
                yield
        except duckdb.InterruptException:
            if self.job.stopped:
                raise Stopped from None
            raise ToolError(f"it took longer than {self.job.seconds:g} s: raise `max_seconds`") from None
        except duckdb.Error as error:
            raise _complaint(error, self.file) from None


#: Seconds that a file is waited for which another task has open, and between two tries.
WAIT, PAUSE = 10.0, 0.1


@contextmanager
def opened(
    file: Path, job: Job, *, write: bool = False, allowed: Sequence[Path] = (), memory: bool = False
) -> Iterator[Database]:
    """Open a DuckDB file with nothing else in reach but `reach`: no network, no extensions, no other file.

    `memory`: an empty database in memory in its place.

    Raises:
        ToolError: it is no DuckDB file, is damaged, or another program has it open.
    """
    if not memory and file.exists() and not _is_duckdb(file):
        raise ToolError(f"{shown(file)} is no DuckDB database")
    with tempfile.TemporaryDirectory(prefix="tables-") as scratch:
        connection = _engine([file, *allowed], scratch)
        try:
            mode = "TYPE duckdb" if write or memory else "TYPE duckdb, READ_ONLY"
            place = literal(":memory:" if memory else str(file))
            try:
                _attach(connection, f"ATTACH {place} AS db ({mode})", job)
                if write:
                    connection.execute(f"ATTACH ':memory:' AS {SCRATCH}")
                connection.execute("USE db")
            except duckdb.Error as error:
                raise _complaint(error, file) from None
            database = Database(connection, job, file)
            yield database
            if write:
                database.rows("CHECKPOINT db")
        finally:
            connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, line: str, job: Job) -> None:
    """Open a file; one that another task has open is waited for, up to `WAIT` seconds.

    Raises:
        duckdb.Error: it does not open, or another program keeps it.
    """
    end = time.monotonic() + min(WAIT, job.left / 2)
    while True:
        try:
            connection.execute(line)
        except duckdb.Error as error:
            if not _is_held(error) or job.out_of_time or time.monotonic() > end:
                raise
            job.progress(0.0, "it waits for another task that has the file open")
            time.sleep(PAUSE)
        else:
            return


def _is_held(error: duckdb.Error) -> bool:
    """Whether another process, or another call of this one, has the file open."""
    said = str(error).lower()
    return any(
        one in said for one in ("could not set lock", "conflicting lock", "already attached", "file handle conflict")
    )


def _is_duckdb(file: Path) -> bool:
    try:
        with read(file) as content:
            return content.read(len(_MAGIC) + _MAGIC_AT)[_MAGIC_AT:] == _MAGIC
    except OSError as error:
        raise ToolError(f"{shown(file)} cannot be read: {error.strerror}") from None


def _engine(files: Sequence[Path], scratch: str) -> duckdb.DuckDBPyConnection:
    reachable = [f"{file}{ending}" for file in files for ending in ("", ".wal", ".wal.checkpoint", ".wal.recovery")]
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "memory_limit": MEMORY,
            "max_temp_directory_size": SPILL,
            "temp_directory": scratch,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    connection.execute(f"SET allowed_paths = [{', '.join(map(literal, reachable))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _complaint(error: duckdb.Error, file: Path) -> ToolError:
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if _is_held(error):
        return ToolError(
            f"{shown(file)} is open in another program, also after {WAIT:g} s: end it there, then try again"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return ToolError(f"it needs more memory than a call may use ({MEMORY}): take fewer tables or columns at once")
    return ToolError(f"the database engine refused {shown(file)}: {printable(said, 200)}")
