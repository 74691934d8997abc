"""Survey: which data files a folder holds, at a glance. Quick and bounded; nothing is written."""

import tempfile
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, ScanResult, Severity, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Skipped

from ..engine import Database, opened
from ..places import existing
from ..sheets.csv_sheet import csv_sheet
from ..sheets.fixed_width import NoTable
from ..sheets.json_sheet import NoList
from ..sheets.opening import readable, sheets
from ..sheets.other_sheets import check_parquet, sqlite_file, sqlite_tables
from ..sheets.sheet import Sheet, Unreadable
from ..sheets.sources import DataFile, Kind, find

#: The largest file that is read to its end, in bytes; of a larger one rows are counted up to here.
MAX_READ = 32 << 20
_LOOK_EVERY = 1_000


class Surveyed(BaseModel):
    """One data file."""

    file: str = Field(description="Its name, relative to the folder.")
    kind: str = Field(description="csv, text, excel, json, jsonl, parquet, sqlite or duckdb.")
    kilobytes: int = Field(description="Its size in KiB, rounded up.")
    tables: int = Field(description="Tables in it.")
    rows: int | None = Field(description="Rows of all tables; none where they could not be counted.")
    columns: int | None = Field(description="Columns of all tables.")
    problems: str = Field(description="What is wrong with it, in short.")


class Survey(ScanResult):
    """Which data files a folder holds."""

    files: list[Surveyed] = Field(default_factory=list, description="Its data files.")


class _Look:
    """A look at one file."""

    def __init__(self, job: Job, source: DataFile) -> None:
        self.job = job
        self.source = source
        self.tables = 1
        self.rows: int | None = None
        self.columns: int | None = None
        self.problems: list[tuple[Severity, str]] = []
        self.gap = ""
        self.none = ""  #: why it is no data file after all

    def run(self) -> None:
        try:
            with (
                tempfile.TemporaryDirectory(prefix="tables-") as scratch,
                readable(self.source, Path(scratch), self.job) as (path, kind),
            ):
                self._by_kind(path, kind)
        except (NoTable, NoList) as error:
            self.none = str(error)
        except Unreadable as error:
            self.problems.append(("medium", str(error)))
        except (OSError, ToolError) as error:
            self.problems.append(("medium", f"cannot be read: {error}"))

    def _by_kind(self, path: Path, kind: Kind) -> None:
        if kind in ("csv", "jsonl", "text") and self.source.size > MAX_READ:
            self.gap = f"larger than {MAX_READ >> 20} MiB: its rows were not counted"
            if kind == "csv":
                self.columns = len(csv_sheet(path, path.stem).columns)
        elif kind == "parquet":
            check_parquet(path)
            with opened(path, self.job, memory=True) as store:
                self.rows = store.row("SELECT count(*) FROM read_parquet(?)", [str(path)])[0]
                self.columns = len(store.rows("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]))
        elif kind == "sqlite":
            self._sqlite(path)
        elif kind == "duckdb":
            with opened(path, self.job) as store:
                self._duckdb(store)
        else:
            self.tables = 0
            for sheet in sheets(path, kind, self.source.stem, str, "auto", self.job):
                self.tables += 1
                self._sheet(sheet)

    def _sheet(self, sheet: Sheet) -> None:
        self.columns = (self.columns or 0) + len(sheet.columns)
        before = self.rows = self.rows or 0
        for count, _ in enumerate(sheet.rows, 1):
            self.rows = before + count
            if count % _LOOK_EVERY == 0 and self.job.out_of_time:
                self.gap = "no time to count its rows to the end"
                break
        if sheet.rejects:
            bad = len(sheet.rejects)
            self.problems.append(
                ("medium", f"{bad:,} record{'' if bad == 1 else 's'} fit no table: {sheet.rejects[0].reason}")
            )
        if self.rows == before and not sheet.rejects:
            self.problems.append(("low", "it has a header and no record"))

    def _sqlite(self, path: Path) -> None:
        names = sqlite_tables(path, self.job)
        self.tables, self.rows, self.columns = len(names), 0, 0
        connection = sqlite_file(path, self.job)
        try:
            for name in names:
                table = '"' + name.replace('"', '""') + '"'
                self.rows += connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - quoted
                self.columns += len(connection.execute(f"PRAGMA table_info({table})").fetchall())
        finally:
            connection.close()

    def _duckdb(self, store: Database) -> None:
        known = store.tables()
        self.tables, self.rows, self.columns = len(known), 0, 0
        for table in known:
            self.rows += store.row(f"SELECT count(*) FROM {table.sql}")[0]  # noqa: S608 - quoted
            self.columns += len(store.columns(table))


def survey(folder: str, max_files: int, job: Job) -> Survey:
    """Look at the data files of a folder.

    Raises:
        ToolError: there is no such folder.
        Stopped: the job is no longer wanted.
    """
    if not Path(folder).is_dir():
        existing(folder, "the folder")  # says what is wrong with the path, unless it is one file
    skipped: list[Skipped] = []
    covered = Coverage()
    findings: list[Finding] = []
    files: list[Surveyed] = []
    for place, source in enumerate(find([folder], skipped)):
        if place >= max_files or job.out_of_time:
            bound = f"{max_files} files" if place >= max_files else f"{job.seconds:g} s"
            skipped.append(Skipped(source.shown, f"it and the rest: beyond the bound of {bound}", True))
            break
        job.progress(place / max_files, source.shown)
        look = _Look(job, source)
        look.run()
        if look.none:
            skipped.append(Skipped(source.shown, look.none, False))
            continue
        covered.files += 1
        covered.lines += look.rows or 0
        if look.gap:
            skipped.append(Skipped(source.shown, look.gap, True))
        findings += [_finding(source, severity, text) for severity, text in look.problems]
        files.append(_row(source, look))
    note_skipped(covered, skipped)
    # A folder without data files was looked through all the same: that there are none is known.
    base = conclude("data files", printable(folder), findings, covered, looked=True)
    base.summary = _summary(files, base)
    return Survey(**base.model_dump(), files=files)


def _row(source: DataFile, look: _Look) -> Surveyed:
    problems = "; ".join(text for _, text in look.problems) or look.gap
    return Surveyed(
        file=source.shown,
        kind=source.kind,
        kilobytes=-(-source.size // 1024),
        tables=look.tables,
        rows=look.rows,
        columns=look.columns,
        problems=printable(problems, 200),
    )


def _finding(source: DataFile, severity: Severity, text: str) -> Finding:
    return Finding(rule="data-file", title="Data file with a fault", severity=severity, file=source.shown, detail=text)


def _summary(files: list[Surveyed], base: ScanResult) -> str:
    if not files:
        return "no data files here" if not base.coverage.gaps else "no data files seen, not everything was covered"
    rows = sum(file.rows or 0 for file in files)
    found = f"{base.counts.total} with a fault" if base.counts.total else "no faults seen"
    return f"{len(files)} data file{'' if len(files) == 1 else 's'} with {rows:,} rows, {found}" + (
        ", not everything was covered" if base.coverage.gaps else ""
    )
