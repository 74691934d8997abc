"""Builds the documentation of one folder: pages, and what has no docstring."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import CODE, Beyond, Job
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.repository import Repository, Skipped

from .modules import is_public, modules_of
from .site import Site

_SERVERS = Path(__file__).parents[1]
_TITLES = {"module": "Module", "class": "Class", "function": "Function", "variable": "Property"}


class Documented(BaseModel):
    """How much of one module has a docstring."""

    module: str = Field(description="The module.")
    file: str = Field(description="Its file, relative to the folder.")
    things: int = Field(description="What of it should have a docstring.")
    documented: int = Field(description="What of that has one.")


class Documentation(ScanResult):
    """The result of building documentation."""

    folder: str = Field(description="Absolute path of the folder of pages; not there without a page.")
    html: str | None = Field(default=None, description="Absolute path of the page to open first.")
    pages: int = Field(default=0, description="Pages written, one for each public module.")
    percent: float | None = Field(default=None, description="Of all things that should have a docstring, how many do.")
    modules: list[Documented] = Field(default_factory=list, description="By module, the least documented first.")


def build(path: str, folder: str, least: float, source: bool, job: Job) -> Documentation:
    """Write the pages of the public modules of `path` into `folder`.

    Raises:
        ToolError: there is no such folder, something else is where the pages should go, or pdoc is not installed.
        Stopped: the job is no longer wanted.
    """
    repository, site, coverage = Repository(path), Site(folder), Coverage()
    skipped: list[Skipped] = []
    files = modules_of(repository.own_files(skipped), skipped)
    seen: Mapping[str, Any] = {"modules": [], "gaps": [], "pages": 0}
    if any(is_public(name) for name in files):
        job.progress(0.1, f"{len(files)} modules")
        with site.staged() as stage:
            try:
                seen = _render(repository, files, stage, source, job)
                if seen["pages"]:
                    site.take(stage)
            except Beyond as bound:
                coverage.gaps.append(f"all {len(files)} modules: beyond the bound of {bound}")
    skipped += [Skipped(printable(file), printable(why), True) for file, why in seen["gaps"]]
    note_skipped(coverage, skipped)
    coverage.files = len(seen["modules"])
    return _conclude(repository, site, seen, least, coverage)


def _render(repository: Repository, files: Mapping[str, str], stage: Path, source: bool, job: Job) -> Mapping[str, Any]:
    told = {"folder": str(repository.folder), "output": str(stage), "modules": dict(files), "source": source}
    command = [sys.executable, "-P", "-s", "-m", "documentation.program"]
    places = {"PYTHONPATH": str(_SERVERS)}
    reads = [repository.folder, _SERVERS, CODE / "workers"]
    done = job.confined(command, stage, json.dumps(told).encode(), places, reads=reads, writes=[stage])
    if b"ModuleNotFoundError" in done.stderr:
        raise ToolError("pdoc is not installed: install the extra `aether-agents[servers]`")
    try:
        seen: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise Beyond(f"memory, or a page that pdoc dies of ({printable(said[0], 100)})") from None
    return seen


def _conclude(
    repository: Repository, site: Site, seen: Mapping[str, Any], least: float, coverage: Coverage
) -> Documentation:
    things = sum(module["things"] for module in seen["modules"])
    lacking = sum(len(module["missing"]) for module in seen["modules"])
    percent = round(100 * (things - lacking) / things, 1) if things else None
    enough = percent is None or percent >= least
    found = [_finding(module, item, enough) for module in seen["modules"] for item in module["missing"]]
    base = conclude("API documentation (pdoc)", repository.shown, found, coverage, looked=bool(seen["modules"]))
    if percent is not None:
        base.summary = f"{percent:g} % documented ({least:g} % wanted), {seen['pages']} pages; {base.summary}"
    rows = [
        Documented(
            module=printable(module["module"]),
            file=printable(module["file"]),
            things=module["things"],
            documented=module["things"] - len(module["missing"]),
        )
        for module in seen["modules"]
    ]
    rows.sort(key=lambda row: (row.documented / row.things if row.things else 1, -row.things, row.module))
    written = bool(seen["pages"])
    return Documentation(
        **base.model_dump(),
        folder=str(site.folder),
        html=str(site.folder / "index.html") if written else None,
        pages=seen["pages"],
        percent=percent,
        modules=rows[:500],
    )


def _finding(module: Mapping[str, Any], item: Sequence[Any], enough: bool) -> Finding:
    line, kind, name = item
    return Finding(
        rule=f"undocumented-{kind}",
        title=f"{_TITLES[kind]} without a docstring",
        severity="info" if enough else "low",
        file=printable(module["file"]),
        line=line,
        detail=f"{printable(name or module['module'], 200)}: say in a sentence what it is for.",
    )
