"""Puts a report together and writes its two files, whole or not at all."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.atomic_write import write_whole
from workers.inspection.text import opened

from .blocks import Block, Section
from .markdown import as_markdown
from .reading import clean, read_sections
from .written import SEVERITIES, Counts, Severity, Status, Written

#: Most that one report is made of; more is no report.
MAX_BYTES = 32 << 20


@dataclass
class Report:
    """All that a report shows."""

    title: str
    subject: str
    task: str
    written_at: str
    sections: list[Section]
    status: Status | None
    counts: Counts
    worst: Severity | None
    digest: str

    @property
    def blocks(self) -> list[tuple[Section, Block]]:
        """Every block that has a verdict, with its section: the summary on top."""
        return [(section, block) for section in self.sections for block in section.blocks if block.status]


def write_report(
    title: str, sections: Sequence[Any], folder: str | None, *, subject: str = "", task: str = "", name: str = "report"
) -> Written:
    """Write the Markdown and the HTML file of a report.

    The same content written twice leaves the first files as they are.

    Raises:
        ToolError: the folder cannot be written to, or there is too much to report.
    """
    content = json.dumps([title, subject, task, sections], sort_keys=True, ensure_ascii=True)
    if len(content) > MAX_BYTES:
        raise ToolError(f"the sections are {len(content) >> 20} MiB: a report takes {MAX_BYTES >> 20} MiB at most")
    digest = hashlib.sha256(content.encode()).hexdigest()
    place = _place(folder, title, digest)
    html, markdown = place / f"{name}.html", place / f"{name}.md"
    report = _report(title, subject, task, read_sections(sections), digest)
    if not (_holds(html, digest) and _holds(markdown, digest)):
        _write(markdown, as_markdown(report))
        _write(html, _as_html(report))
    return Written(
        html=str(html),
        markdown=str(markdown),
        path=str(html),
        status=report.status,
        findings=report.counts,
        worst=report.worst,
        sections=len(report.sections),
    )


def _report(title: str, subject: str, task: str, sections: list[Section], digest: str) -> Report:
    blocks = [block for section in sections for block in section.blocks]
    tally = {s: sum(getattr(block.counts, s) for block in blocks if block.counts) for s in SEVERITIES}
    verdicts = {block.status for block in blocks if block.status}
    status: Status | None = next((s for s in ("fail", "inconclusive", "pass") if s in verdicts), None)
    return Report(
        title=clean(title),
        subject=clean(subject, 2_000),
        task=clean(task),
        written_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        sections=sections,
        status=status,
        counts=Counts(**tally, total=sum(tally.values())),
        worst=next((s for s in SEVERITIES if tally[s]), None),
        digest=digest,
    )


def _place(folder: str | None, title: str, digest: str) -> Path:
    if folder is None:
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "report"
        place = Path.cwd() / "reports" / f"{slug}-{digest[:8]}"
    else:
        place = Path(folder).expanduser()
    if not place.is_absolute():
        raise ToolError(f"{clean(folder)!r} is not an absolute path: give the whole path of the folder")
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ToolError(f"the folder {clean(str(place))!r} cannot be made: {error.strerror}") from None
    return place.resolve()


def _holds(path: Path, digest: str) -> bool:
    """Whether a file is already the report of this content."""
    try:
        with opened(path) as file:
            return digest.encode() in file.read(400)
    except OSError:
        return False


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one. It is its owner's: it tells where to attack."""
    try:
        write_whole(path, text.encode(errors="replace"))
    except OSError as error:
        raise ToolError(f"{clean(str(path))!r} cannot be written: {error.strerror}") from None


@cache
def _pages() -> Environment:
    """Where the page's template comes from; it is compiled once."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _as_html(report: Report) -> str:
    return _pages().get_template("report.html").render(report=report, severities=SEVERITIES)
