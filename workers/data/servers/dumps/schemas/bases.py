"""Bases: one database whose schema is changed, on a server or in a SQLite file, with its backup and its rehearsal."""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import named
from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from .. import dumping
from ..dumping import Place
from .file_catalogue import complaint, engine_of, read_file
from .schema_results import Schema
from .server_catalogue import read_server


class Base(Protocol):
    """One database."""

    @property
    def engine(self) -> str:
        """What kind of database it is."""

    @property
    def shown(self) -> str:
        """Its address or its file."""

    def read(self) -> Schema:
        """Its schema now."""

    def state(self) -> str:
        """Names exactly its schema and rows."""

    def back_up(self, folder: str) -> str:
        """A backup of all of it; its path."""

    def run(self, statements: Sequence[str]) -> None:
        """Carry out statements: all or none, where the engine can."""

    def foreign(self, statements: Sequence[str]) -> None:
        """Refuse what reaches another database of the server."""

    def rehearsal(self, backup: str) -> "AbstractContextManager[Base]":
        """A scratch database filled from a backup, gone afterwards."""

    def restore(self, backup: str) -> str:
        """What is in a backup takes the place of what is there; what became of that."""


class ServerBase:
    """A database of PostgreSQL or MariaDB."""

    def __init__(self, place: Place, job: Job, name: str | None = None) -> None:
        self.place, self.job = place, job
        self.name = name or place.address.database
        self.engine: str = place.address.engine
        self.shown = place.address.named(self.name).shown

    def read(self) -> Schema:
        """Its schema now."""
        return read_server(self.place, False, self.name)

    def state(self) -> str:
        """Names exactly its schema and rows."""
        return named(schema_digest(self.read()), [one.model_dump() for one in self.place.tally(self.name)])

    def back_up(self, folder: str) -> str:
        """A dump with its manifest."""
        return dumping.back_up(self.place, folder, self.job).path

    def run(self, statements: Sequence[str]) -> None:
        """By the server's own client, which is given no commands of its own: PostgreSQL takes all or none."""
        sql = "\n".join(one.rstrip(";") + ";" for one in statements)
        if self.engine == "postgresql":
            self.place.clients.run("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.name, "-c", sql])
        else:
            self.place.clients.run("mariadb", ["--batch", self.name], sql.encode())

    def foreign(self, statements: Sequence[str]) -> None:
        """MariaDB reaches another database by its name before the table's: a rehearsal must not."""
        if self.engine == "mariadb":
            others = {row[0].lower() for row in self.place.clients.query("SHOW DATABASES", "")}
            for one in statements:
                named_first = {hit.lower() for hit in re.findall(r"`?([\w$-]+)`?\s*\.\s*[`\w]", one)}
                if reached := sorted(named_first & others):
                    raise ToolError(f"the statements name the database `{reached[0]}`: write the tables without it")

    @contextmanager
    def rehearsal(self, backup: str) -> "Iterator[Base]":
        """A scratch database filled from a dump."""
        scratch = f"aether_proof_{os.urandom(4).hex()}"
        self.place.made(scratch, Path(backup))
        try:
            yield ServerBase(self.place, self.job, scratch)
        finally:
            self.place.engine.drop(self.place.clients, scratch)

    def restore(self, backup: str) -> str:
        """From the dump; what was there is kept under another name."""
        kept = f"{self.name}_before_{os.urandom(4).hex()}"
        dumping.restore(self.place, backup, self.name, kept, self.job)
        return f"from its backup; what was there is kept as `{kept}`"


class FileBase:
    """A SQLite file."""

    engine = "sqlite"

    def __init__(self, path: str, job: Job) -> None:
        if engine_of(path) != "sqlite":
            raise ToolError(f"`{printable(path)}` is a DuckDB file: only schemas of SQLite files are changed here")
        self.path = self.shown = path
        self.job = job

    def read(self) -> Schema:
        """Its schema now."""
        return read_file(self.path, self.job, False)

    def state(self) -> str:
        """Names exactly what is in it, row for row."""
        told = hashlib.sha256()
        with closing(_connected(self.path)) as base, self.job.ending(base.interrupt):
            try:
                for line in base.iterdump():
                    told.update(line.encode("utf-8", "surrogatepass"))
            except sqlite3.Error as error:
                raise complaint(self.path, error, self.job) from None
        return named(told.hexdigest())

    def back_up(self, folder: str) -> str:
        """A copy of one moment."""
        name = Path(self.path)
        copy = Path(folder) / f"{name.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}{name.suffix}"
        try:
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy.touch(mode=0o600, exist_ok=False)
            _copy(self.path, copy)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                copy.unlink()
            raise ToolError(f"the backup cannot be written: {printable(str(error))}: nothing was changed") from None
        return str(copy)

    def run(self, statements: Sequence[str]) -> None:
        """All or none, in one transaction."""
        with closing(_connected(self.path)) as base, self.job.ending(base.interrupt):
            try:
                base.execute("BEGIN IMMEDIATE")
                for one in statements:
                    base.execute(one)
                base.execute("COMMIT")
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    base.execute("ROLLBACK")
                raise ToolError(f"{complaint(self.path, error, self.job)}: nothing of it was done") from None

    def foreign(self, statements: Sequence[str]) -> None:
        """A file has no others: `attach` is no statement of a change."""

    @contextmanager
    def rehearsal(self, backup: str) -> "Iterator[Base]":
        """A copy of a backup."""
        scratch = Path(backup).with_name(f".{Path(backup).name}.{os.urandom(4).hex()}")
        try:
            scratch.touch(mode=0o600)
            _copy(backup, scratch)
            yield FileBase(str(scratch), self.job)
        finally:
            scratch.unlink(missing_ok=True)

    def restore(self, backup: str) -> str:
        """From the copy, in one transaction."""
        _copy(backup, Path(self.path))
        return "from its backup"


def schema_digest(schema: Schema) -> str:
    """Names exactly a schema, wherever it lies."""
    return named([table.model_dump(exclude={"rows"}) for table in schema.tables], schema.others)


def _connected(path: str | Path) -> sqlite3.Connection:
    """A file whose triggers, views and defaults reach nothing but its rows, whatever they name."""
    base = sqlite3.connect(path, timeout=10, isolation_level=None)
    base.execute("PRAGMA trusted_schema = OFF")
    return base


def _copy(source: str, target: Path) -> None:
    with closing(_connected(source)) as one, closing(_connected(target)) as other:
        one.backup(other)
