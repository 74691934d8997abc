"""Loading: data files become new tables of a DuckDB file. What cannot be read is kept, counted and told."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, Severity, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Skipped

from .csv_sheet import Header, csv_sheet
from .engine import Database, Table, opened
from .ledger import enter, open_ledger
from .other_sheets import check_parquet, jsonl_sheet, sqlite_sheet, sqlite_tables
from .places import appearing, existing, fresh
from .sheet import Sheet, Unreadable, free, plain
from .sources import DataFile, Loadable, find
from .staging import keep_rejects, make_table

#: Bounds of one load.
MAX_FILES, MAX_BYTES = 200, 4 << 30
MAX_ROWS_NAMED = 10

_LOADABLE: tuple[Loadable, ...] = ("csv", "jsonl", "parquet", "sqlite")


class LoadedTable(BaseModel):
    """A table that a load made."""

    table: str = Field(description="Its name.")
    source: str = Field(description="The file it is from.")
    rows: int = Field(description="Rows loaded.")
    rejected: int = Field(description="Records set aside: they are in `aether.rejects` of the database.")
    columns: int = Field(description="Its columns.")
    types: dict[str, str] = Field(description="Type by column, for the first 100.")
    notes: list[str] = Field(default_factory=list, description="What was decided about it.")


class Loaded(ScanResult):
    """What a load came to."""

    load: str = Field(default="", description="Names the load; `unload` takes it back.")
    database: str = Field(default="", description="Absolute path of the database.")
    rows: int = Field(default=0, description="Rows loaded in all.")
    rejected: int = Field(default=0, description="Records set aside in all.")
    names: list[str] = Field(default_factory=list, description="Names of the tables it made.")
    tables: list[LoadedTable] = Field(default_factory=list, description="What is in each.")


class Load:
    """One load."""

    def __init__(
        self, job: Job, sources: Sequence[str], header: Header = "auto", kind: Loadable | Literal["all"] = "all"
    ) -> None:
        self._job = job
        self._header = header
        self._skipped: list[Skipped] = []
        self._findings: list[Finding] = []
        self._tables: list[LoadedTable] = []
        self._coverage = Coverage()
        self._used: set[str] = set()
        self._second: set[str] = set()
        self._name = os.urandom(8).hex()
        self._files = list(find(sources, self._skipped, _LOADABLE if kind == "all" else (kind,)))
        self._source = printable(sources[0] if len(sources) == 1 else f"{len(sources)} paths")
        if not self._files:
            wanted = "CSV, JSON Lines, Parquet or SQLite" if kind == "all" else kind
            raise ToolError(f"no {wanted} file in {self._source}")
        if len(self._files) > MAX_FILES or sum(file.size for file in self._files) > MAX_BYTES:
            raise ToolError(f"{len(self._files)} files: at most {MAX_FILES} files and {MAX_BYTES >> 30} GiB at once")

    def run(self, database: str) -> Loaded:
        """Load all of it; the database stays as it was if nothing could be read or something fails.

        Raises:
            ToolError: the database cannot be written, or no file could be read.
            Stopped: the job is no longer wanted.
        """
        with _target(database) as (file, final), tempfile.TemporaryDirectory(prefix="tables-") as scratch:
            paper = Path(scratch, "stage.csv")
            reach = [paper, *(one.path for one in self._files if one.kind == "parquet")]
            with opened(file, self._job, write=True, reach=reach) as store, store.transaction():
                open_ledger(store)
                self._used = {table.name.casefold() for table in store.tables()}
                for place, source in enumerate(self._files):
                    self._job.progress(place / len(self._files), source.shown)
                    self._take(store, source, paper)
                if not self._tables:
                    reasons = "; ".join(f"{found.file}: {found.detail}" for found in self._findings[:5])
                    raise ToolError(f"nothing was loaded, the database is as it was. {reasons}")
        return self._conclude(final)

    def _conclude(self, database: Path) -> Loaded:
        note_skipped(self._coverage, self._skipped)
        rows, rejected = sum(t.rows for t in self._tables), sum(t.rejected for t in self._tables)
        base = conclude("loading", self._source, self._findings, self._coverage, looked=True)
        count = len(self._tables)
        base.summary = (
            f"{rows:,} row{'' if rows == 1 else 's'} in {count} table{'' if count == 1 else 's'} loaded, "
            f"{rejected:,} record{'' if rejected == 1 else 's'} set aside; {base.summary}"
        )
        return Loaded(
            **base.model_dump(),
            load=self._name,
            database=str(database),
            rows=rows,
            rejected=rejected,
            names=[table.table for table in self._tables],
            tables=self._tables,
        )

    def _take(self, store: Database, source: DataFile, paper: Path) -> None:
        self._coverage.files += 1
        try:
            if source.kind == "parquet":
                self._take_parquet(store, source)
                return
            for sheet in self._sheets(source):
                made = make_table(store, sheet, paper)
                keep_rejects(store, sheet, self._name, source.shown)
                self._enter(store, source, made.table, made.rows, made.types, sheet)
        except Unreadable as error:
            self._found("not-loaded", "File not loaded", "high", source.shown, str(error))
        except OSError as error:
            self._found("not-loaded", "File not loaded", "high", source.shown, str(error.strerror))

    def _sheets(self, source: DataFile) -> Iterator[Sheet]:
        stem = plain(source.path.stem) or "table"
        if source.kind == "sqlite":
            for table in sqlite_tables(source.path, self._job):
                yield sqlite_sheet(source.path, table, self._free(plain(table) or "table"), self._job)
        elif source.kind == "jsonl":
            yield jsonl_sheet(source.path, self._free(stem), self._job)
        else:
            yield csv_sheet(source.path, self._free(stem), self._header)

    def _free(self, name: str) -> str:
        found = free(name, self._used)
        self._used.add(found.casefold())
        if found != name:
            self._second.add(found)
        return found

    def _take_parquet(self, store: Database, source: DataFile) -> None:
        check_parquet(source.path)
        table = Table("main", self._free(plain(source.path.stem) or "table"))
        try:
            store.rows(f"CREATE TABLE {table.sql} AS SELECT * FROM read_parquet(?)", [str(source.path)])  # noqa: S608
        except ToolError as error:
            # The engine has ended the transaction with it, so that nothing of the load is left.
            raise ToolError(f"nothing was loaded, the database is as it was: {source.shown}: {error}") from None
        rows = store.figures(table).rows
        self._enter(store, source, table, rows, dict(store.columns(table)), Sheet(table.name, [], iter(())))

    def _enter(
        self, store: Database, source: DataFile, table: Table, rows: int, types: dict[str, str], sheet: Sheet
    ) -> None:
        enter(store, self._name, table, source.shown, len(sheet.rejects))
        notes = list(sheet.notes)
        if table.name in self._second:
            notes.append(f"named `{printable(table.name)}`: there is already a table of its own name")
        self._coverage.lines += rows + len(sheet.rejects)
        self._tables.append(
            LoadedTable(
                table=printable(table.name),
                source=source.shown,
                rows=rows,
                rejected=len(sheet.rejects),
                columns=len(types),
                types={printable(name): kind for name, kind in list(types.items())[:100]},
                notes=notes,
            )
        )
        if sheet.rejects:
            self._found("rejected", "Records set aside", "high", source.shown, _why(sheet), sheet.rejects[0].row)
        if not rows:
            self._found("no-rows", "Table without rows", "medium", source.shown, "no record of it could be loaded")
        for note in notes:
            self._found("decided", "Decided while reading", "info", source.shown, note)

    def _found(
        self, rule: str, title: str, severity: Severity, file: str, detail: str, line: int | None = None
    ) -> None:
        self._findings.append(
            Finding(rule=rule, title=title, severity=severity, file=file, line=line, detail=printable(detail))
        )


def _why(sheet: Sheet) -> str:
    reasons = Counter(reject.reason for reject in sheet.rejects).most_common(3)
    rows = ", ".join(str(reject.row) for reject in sheet.rejects[:MAX_ROWS_NAMED])
    more = "…" if len(sheet.rejects) > MAX_ROWS_NAMED else ""
    said = "; ".join(f"{count} because {reason}" for reason, count in reasons)
    return f"{len(sheet.rejects)} set aside: {said}. Records {rows}{more}; kept in aether.rejects"


@contextmanager
def _target(database: str) -> Iterator[tuple[Path, Path]]:
    """The file to write to, and its final name: a new database appears whole or not at all."""
    if os.path.lexists(database):
        file = existing(database, "the database")
        yield file, file
        return
    final = fresh(database, "the database")
    with appearing(final) as part:
        yield part, final
