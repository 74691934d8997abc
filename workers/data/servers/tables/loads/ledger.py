"""Ledger: what each load made, kept in the database itself, so that it can be taken back as long as it is unchanged."""

from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from ..engine import OWN, Database, Table, opened
from ..places import existing, shown


class Unloaded(BaseModel):
    """A load that was taken back."""

    database: str = Field(description="Absolute path of the database.")
    load: str = Field(description="The load.")
    dropped: list[str] = Field(description="Tables that were dropped.")
    removed: bool = Field(description="Whether the database itself was removed: nothing else was in it.")


def open_ledger(database: Database) -> None:
    """Make the ledger where there is none yet, inside the transaction of a load."""
    database.rows(f"CREATE SCHEMA IF NOT EXISTS {OWN}")
    database.rows(
        f"CREATE TABLE IF NOT EXISTS {OWN}.loads (load VARCHAR, table_name VARCHAR, source VARCHAR, row_count BIGINT, "
        "checksum VARCHAR, rejected BIGINT, loaded_at TIMESTAMP)"
    )
    database.rows(
        f"CREATE TABLE IF NOT EXISTS {OWN}.rejects (load VARCHAR, table_name VARCHAR, source VARCHAR, record BIGINT, "
        "reason VARCHAR, content VARCHAR)"
    )


def enter(database: Database, load: str, table: Table, source: str, rejected: int) -> None:
    """Enter a table into the ledger."""
    figures = database.figures(table)
    database.rows(
        f"INSERT INTO {OWN}.loads VALUES (?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",  # noqa: S608 - our own name
        [load, table.name, source, figures.rows, figures.checksum, rejected],
    )


def unload(database: str, load: str, job: Job) -> Unloaded:
    """Drop the tables that a load made; the database too when nothing else is in it. All of it or nothing.

    Raises:
        ToolError: there is no such load, or one of its tables has changed since.
    """
    file = existing(database, "the database")
    with opened(file, job, write=True) as store:
        made = _made(store, load, file)
        with store.transaction():
            changed = [name for name, rows, checksum in made if not _unchanged(store, name, rows, checksum)]
            if changed:
                names = ", ".join(printable(name, 60) for name in changed[:5])
                raise ToolError(
                    f"changed since it was loaded: {names}; nothing was dropped. Export it or drop it yourself"
                )
            for name, _, _ in made:
                store.rows(f"DROP TABLE {Table('main', name).sql}")
            for kept in ("loads", "rejects"):
                store.rows(f"DELETE FROM {OWN}.{kept} WHERE load = ?", [load])  # noqa: S608 - our own names
        empty = _is_empty(store)
    if empty:
        _remove(file)
    return Unloaded(database=str(file), load=load, dropped=[printable(name) for name, _, _ in made], removed=empty)


def _made(store: Database, load: str, file: Path) -> list[tuple[str, int, str]]:
    if Table(OWN, "loads") in store.tables(own=True):
        asked = f"SELECT table_name, row_count, checksum FROM {OWN}.loads WHERE load = ? ORDER BY ALL"  # noqa: S608
        if found := store.rows(asked, [load]):
            return [(str(name), int(rows), str(checksum)) for name, rows, checksum in found]
    raise ToolError(f"{shown(file)} has no load `{printable(load, 40)}`: it was taken back, or made elsewhere")


def _unchanged(store: Database, name: str, rows: int, checksum: str) -> bool:
    table = Table("main", name)
    return table in store.tables() and store.figures(table) == (rows, checksum)


def _is_empty(store: Database) -> bool:
    views = store.row("SELECT count(*) FROM duckdb_views() WHERE database_name = 'db' AND NOT internal")[0]
    return not store.tables() and not views and not store.row(f"SELECT count(*) FROM {OWN}.loads")[0]  # noqa: S608


def _remove(file: Path) -> None:
    for leftover in (file, file.with_name(file.name + ".wal")):
        leftover.unlink(missing_ok=True)
