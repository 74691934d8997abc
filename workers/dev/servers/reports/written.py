"""What writing a report came to."""

from typing import Literal

from pydantic import BaseModel, Field

Severity = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["pass", "fail", "inconclusive"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


class Counts(BaseModel):
    """Findings by severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    info: int = 0
    total: int = 0


class Written(BaseModel):
    """A report as it lies on disk."""

    html: str = Field(description="Absolute path of the HTML file.")
    markdown: str = Field(description="Absolute path of the Markdown file.")
    path: str = Field(description="Absolute path of the file to open first: the HTML file.")
    status: Status | None = Field(description="`fail` if a section fails, else `inconclusive` if one is; none without.")
    findings: Counts = Field(description="Findings of all sections by severity.")
    worst: Severity | None = Field(description="Severity of the worst finding.")
    sections: int = Field(description="Sections written.")
