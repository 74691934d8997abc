"""What a report is made of: sections of blocks, each with findings, tables and text that are safe to show."""

from dataclasses import dataclass, field

from .written import Counts, Severity, Status


@dataclass
class Row:
    """One finding."""

    severity: Severity
    where: str
    title: str
    rule: str
    help: str
    status: str
    detail: str
    masked: str


@dataclass
class Table:
    """Rows of cells under headings."""

    title: str
    headings: list[str]
    rows: list[list[str]]
    more: int = 0  #: rows left out


@dataclass
class Block:
    """One part of a section: what one tool said about one thing."""

    title: str = ""
    status: Status | None = None
    summary: str = ""
    counts: Counts | None = None
    findings: list[Row] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)  #: findings that are only worth knowing
    truncated: bool = False
    covered: str = ""
    gaps: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    skipped_total: int = 0
    score: int | None = None
    grade: str = ""
    reasons: list[str] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    text: str = ""
    missing: bool = False  #: the tool delivered nothing


@dataclass
class Section:
    """One section of a report."""

    number: int
    title: str
    blocks: list[Block]

    @property
    def several(self) -> bool:
        """Whether it is about several things, so that each needs its name."""
        return sum(bool(block.title) for block in self.blocks) > 1
