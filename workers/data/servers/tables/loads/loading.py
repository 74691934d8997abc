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

from ..engine import SCRATCH, Database, Table, opened
from ..places import appearing, existing, fresh
from ..sheets.fixed_width import NoTable
from ..sheets.json_sheet import NoList
from ..sheets.layout import Header
from ..sheets.opening import readable, sheets
from ..sheets.other_sheets import check_parquet
from ..sheets.sheet import Sheet, Unreadable, free, plain
from ..sheets.sources import DataFile, Loadable, find
from .ledger import enter, open_ledger
from .staging import Made, keep_rejects, make_table

#: Bounds of one load.
MAX_FILES, MAX_BYTES = 200, 4 << 30
MAX_ROWS_NAMED = 10

_LOADABLE: tuple[Loadable, ...] = ("csv", "jsonl", "json", "excel", "text", "parquet", "sqlite")


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
    """The result of a load."""

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
        self._made: list[tuple[Made, DataFile, Sheet]] = []
        self._coverage = Coverage()
        self._used: set[str] = set()
        self._second: set[str] = set()
        self._name = os.urandom(8).hex()
        self._files = list(find(sources, self._skipped, _LOADABLE if kind == "all" else (kind,)))
        self._source = printable(sources[0] if len(sources) == 1 else f"{len(sources)} paths")
        if not self._files:
            wanted = "CSV, Excel, JSON, Parquet or SQLite" if kind == "all" else kind
            left = f" ({self._why_nothing()})" if self._skipped else ""
            raise ToolError(f"no {wanted} file in {self._source}{left}")
        if len(self._files) > MAX_FILES or sum(file.size for file in self._files) > MAX_BYTES:
            raise ToolError(f"{len(self._files)} files: at most {MAX_FILES} files and {MAX_BYTES >> 30} GiB at once")

    def run(self, database: str) -> Loaded:
        """Load all of it; the database stays as it was if nothing could be read or something fails.

        Raises:
            ToolError: the database cannot be written, or no file could be read.
            Stopped: the job is no longer wanted.
        """
        with _target(database) as (file, final), tempfile.TemporaryDirectory(prefix="tables-") as scratch:
            allowed = [Path(scratch, name) for name in ("stage.csv", "unpacked")]
            allowed += [one.path for one in self._files if one.kind == "parquet" or not one.packed]
            with opened(file, self._job, write=True, allowed=allowed) as store:
                self._used = {table.name.casefold() for table in store.tables()}
                for place, source in enumerate(self._files):
                    self._job.progress(place / len(self._files), source.shown)
                    self._take(store, source, Path(scratch))
                if not self._made:
                    raise ToolError(f"nothing was loaded, the database is as it was. {self._why_nothing()}")
                with store.transaction():
                    open_ledger(store)
                    for made, source, sheet in self._made:
                        self._enter(store, made, source, sheet)
        return self._conclude(final)

    def _why_nothing(self) -> str:
        reasons = [f"{found.file}: {found.detail}" for found in self._findings]
        reasons += [f"{left.path}: {left.why}" for left in self._skipped]
        return "; ".join(reasons[:5]) + (f"; and {len(reasons) - 5} more" if len(reasons) > 5 else "")  # noqa: PLR2004

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

    def _take(self, store: Database, source: DataFile, scratch: Path) -> None:
        """Make the tables of a file in the scratch database. What goes wrong with it ends no other file."""
        try:
            with readable(source, scratch, self._job) as (path, kind):
                if kind == "parquet":
                    self._made.append(self._take_parquet(store, source, path))
                    return
                for sheet in sheets(path, kind, source.stem, self._free, self._header, self._job):
                    self._made.append((make_table(store, sheet, scratch / "stage.csv"), source, sheet))
        except (NoTable, NoList) as error:
            self._skipped.append(Skipped(source.shown, str(error), False))
        except Unreadable as error:
            self._found("not-loaded", "File not loaded", "high", source.shown, str(error))
        except OSError as error:
            self._found("not-loaded", "File not loaded", "high", source.shown, error.strerror or str(error))
        except ToolError as error:
            if not self._job.left:
                raise
            self._found("not-loaded", "File not loaded", "high", source.shown, str(error))
        finally:
            self._coverage.files += 1

    def _free(self, name: str) -> str:
        found = free(name, self._used)
        self._used.add(found.casefold())
        if found != name:
            self._second.add(found)
        return found

    def _take_parquet(self, store: Database, source: DataFile, path: Path) -> tuple[Made, DataFile, Sheet]:
        check_parquet(path)
        table = Table("main", self._free(plain(source.stem) or "table"))
        place = f"{SCRATCH}.{table.sql}"
        store.rows(f"CREATE OR REPLACE TABLE {place} AS SELECT * FROM read_parquet(?)", [str(path)])  # noqa: S608
        rows = store.row(f"SELECT count(*) FROM {place}")[0]  # noqa: S608 - quoted
        types = {row[0]: row[1] for row in store.rows(f"DESCRIBE {place}")}
        return Made(table, rows, types, []), source, Sheet(table.name, [], iter(()))

    def _enter(self, store: Database, made: Made, source: DataFile, sheet: Sheet) -> None:
        table, rows, types = made.table, made.rows, made.types
        store.rows(f"CREATE TABLE {table.sql} AS FROM {SCRATCH}.{table.sql}")
        keep_rejects(store, sheet, self._name, source.shown)
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
        for remark in made.mixed:
            self._found("mixed", "Values of another kind", "medium", source.shown, remark)
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
