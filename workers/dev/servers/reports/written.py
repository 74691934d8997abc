"""The result of writing a report."""

from pydantic import BaseModel, Field

from workers.inspection.findings import SEVERITIES, Counts, Severity, Status

__all__ = ["SEVERITIES", "Counts", "Severity", "Status", "Written"]


class Written(BaseModel):
    """A report as it lies on disk."""

    html: str = Field(description="Absolute path of the HTML file.")
    markdown: str = Field(description="Absolute path of the Markdown file.")
    path: str = Field(description="Absolute path of the file to open first: the HTML file.")
    status: Status | None = Field(description="`fail` if a section fails, else `inconclusive` if one is; none without.")
    findings: Counts = Field(description="Findings of all sections by severity.")
    worst: Severity | None = Field(description="Severity of the worst finding.")
    sections: int = Field(description="Sections written.")
