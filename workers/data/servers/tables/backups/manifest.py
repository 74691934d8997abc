"""Manifest: what a backup holds, written beside it: the file's hash, and rows and checksum of every table."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field, ValidationError

from workers.inspection.answers import Tally
from workers.inspection.bounded_job import Job

from ..engine import Database, Figures, opened
from ..places import read, shown
from ..sheets.other_sheets import sqlite_file

Engine = Literal["duckdb", "sqlite", "postgresql", "mariadb", "folder"]

ENDING = ".manifest.json"
MAX_BYTES = 16 << 20
_SQLITE = b"SQLite format 3\0"


#: Tables and views of a database.
Tallied = tuple[list[Tally], list[str]]


class Manifest(BaseModel):
    """What a backup holds."""

    version: Literal[1] = Field(default=1, description="Version of this document.")
    engine: Engine = Field(description="What kind of database it is.")
    source: str = Field(description="The database it is of.")
    made_at: str = Field(description="When, in UTC.")
    bytes: int = Field(description="Size of the backup.")
    sha256: str = Field(description="Hash of the backup.")
    tables: list[Tally] = Field(description="Its tables.")
    views: list[str] = Field(default_factory=list, description="Its views.")

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def beside(backup: Path) -> Path:
    """Where the manifest of a backup lies."""
    return backup.with_name(backup.name + ENDING)


def read_manifest(backup: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        ToolError: there is none, or it is damaged.
    """
    try:
        with read(beside(backup)) as file:
            return Manifest.model_validate_json(file.read(MAX_BYTES))
    except OSError:
        raise ToolError(f"{shown(backup)} has no manifest beside it: it cannot be told whether it is whole") from None
    except ValidationError:
        raise ToolError(f"the manifest of {shown(backup)} is damaged: it cannot be told whether it is whole") from None


def engine_of(file: Path) -> Engine:
    """What kind of database a file is, by its first bytes."""
    with read(file) as opened_file:
        return "sqlite" if opened_file.read(len(_SQLITE)) == _SQLITE else "duckdb"


def tally(file: Path, engine: Engine, job: Job) -> Tallied:
    """Tables and views of a database, counted.

    Raises:
        ToolError: it cannot be read.
    """
    if engine == "sqlite":
        with closing(sqlite_file(file, job)) as connection, readable(file):
            return tally_sqlite(connection)
    with opened(file, job) as store:
        return tally_duckdb(store)


def tally_duckdb(store: Database) -> Tallied:
    """Tables and views of an opened DuckDB file, counted."""
    tables = [
        Tally(table=f"{table.schema}.{table.name}", **store.figures(table)._asdict())
        for table in store.tables(own=True)
    ]
    views = "SELECT view_name FROM duckdb_views() WHERE database_name = 'db' AND NOT internal ORDER BY ALL"
    return tables, [str(row[0]) for row in store.rows(views)]


def tally_sqlite(connection: sqlite3.Connection) -> Tallied:
    """Tables and views of an opened SQLite file, counted."""
    listed = "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    tables = [
        Tally(table=name, **_sqlite_figures(connection, name)._asdict())
        for (name,) in connection.execute(listed, ["table"]).fetchall()
    ]
    return tables, [row[0] for row in connection.execute(listed, ["view"])]


def _sqlite_figures(connection: sqlite3.Connection, name: str) -> Figures:
    rows, total = 0, 0
    table = '"' + name.replace('"', '""') + '"'
    for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - quoted
        rows, total = rows + 1, total + int.from_bytes(_hash(repr(row).encode("utf-8", "backslashreplace")))
    return Figures(rows, f"{total % (1 << 128):032x}")


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """SQLite's complaints about a file as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise ToolError(f"{shown(file)} cannot be read to the end: {error}") from None


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
