"""A report as Markdown. A stranger's text in it is shown as it is, and never read as Markdown or HTML."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from .blocks import Block, Row, Section, Table
from .written import Counts, Severity, Status

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$@^=])")
_ADDRESS = re.compile(r"(?i)(:)(//)|(\bwww)(\.)")
#: What begins a list item: a dash, or a number's dot or bracket (already escaped, if it is one).
_LIST = re.compile(r"^(\s*)(-)|^(\s*\d+)(\.)(?=\s)")
_VERDICT = {"fail": "FAIL", "pass": "pass", "inconclusive": "inconclusive", None: ""}


class Shown(Protocol):
    """What of a report is shown."""

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
    def blocks(self) -> list[tuple[Section, Block]]: ...


def as_markdown(report: Shown) -> str:
    """The whole file."""
    return "\n".join([f"<!-- report {report.digest} -->", "", *_lines(report)]) + "\n"


def plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    escaped = _ADDRESS.sub(lambda m: f"{m[1]}\\/\\/" if m[1] else f"{m[3]}\\{m[4]}", escaped)
    return _LIST.sub(lambda m: f"{m[1] or m[3] or ''}\\{m[2] or m[4]}", escaped)


def code(text: str) -> str:
    """Text as a code span, also inside a table."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") or longest else ""
    return f"{ticks}{space}{text}{space}{ticks}".replace("|", "\\|")


def fenced(text: str) -> str:
    """Text of several lines as a code block."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _lines(report: Shown) -> Iterator[str]:
    yield f"# {plain(report.title)}"
    yield ""
    if report.subject:
        yield f"{code(report.subject)}  "
    yield f"{report.written_at}" + (f", task {code(report.task)}" if report.task else "")
    yield ""
    if report.status:
        worst = f", worst: {report.worst}" if report.worst else ""
        yield f"**{_VERDICT[report.status]}**: {_counted(report.counts)}{worst}"
        yield ""
        yield from _rows(
            ["section", "result", "findings", "covered", "not covered"],
            [
                [
                    plain(section.title) + (f" {code(block.title)}" if section.several and block.title else ""),
                    _VERDICT[block.status],
                    str(block.counts.total) if block.counts else "-",
                    plain(block.covered) or "-",
                    plain("; ".join(block.gaps)) or "-",
                ]
                for section, block in report.blocks
            ],
        )
    for section in report.sections:
        yield f"## {plain(section.title)}"
        yield ""
        for block in section.blocks:
            yield from _block(block, several=section.several)


def _block(block: Block, several: bool) -> Iterator[str]:
    if several and block.title:
        yield from (f"### {code(block.title)}", "")
    if block.missing:
        yield from ("Nothing was delivered for this section.", "")
    if block.summary:
        yield from (f"{_VERDICT[block.status]}: {plain(block.summary)}.", "")
    if block.score is not None:
        yield from (f"**{block.score} of 100, grade {plain(block.grade)}**", "")
        yield from (f"- {plain(reason)}" for reason in block.reasons)
        yield ""
        yield from _rows(["measure", "value"], [[plain(name), plain(value)] for name, value in block.figures])
    yield from _findings(block.findings)
    if block.truncated:
        yield from ("More findings than are listed; the counts are of all.", "")
    for table in block.tables:
        yield from _table(table)
    if block.remarks:
        yield from ("Worth knowing:", "")
        yield from _findings(block.remarks)
    if block.text:
        yield from (fenced(block.text), "")
    if block.gaps and not block.missing:
        yield from ("Not covered:", "")
        yield from (f"- {plain(gap)}" for gap in block.gaps)
        yield ""
    if block.skipped:
        yield from (f"Left out ({block.skipped_total}):", "")
        yield from (f"- {code(path)}: {plain(why)}" for path, why in block.skipped)
        yield ""


def _findings(rows: Sequence[Row]) -> Iterator[str]:
    yield from _rows(
        ["severity", "where", "what", "status", "detail"],
        [
            [
                row.severity,
                code(row.where),
                f"{plain(row.title)} ({code(row.rule)})" + (f" {plain(row.masked)}" if row.masked else ""),
                plain(row.status),
                plain(row.detail) + (f" [about the rule](<{row.help}>)" if row.help else ""),
            ]
            for row in rows
        ],
    )


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield from (f"#### {plain(table.title)}", "")
    yield from _rows([plain(h) for h in table.headings], [[plain(cell) for cell in row] for row in table.rows])
    if table.more:
        yield from (f"{table.more} more rows are left out.", "")


def _rows(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _counted(counts: Counts) -> str:
    found = [f"{number} {name}" for name, number in counts.model_dump().items() if number and name != "total"]
    return f"{counts.total} findings" + (f" ({', '.join(found)})" if found else "")
