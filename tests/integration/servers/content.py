"""What reports are made of in the tests, and how their pages are taken apart."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from workers.dev.servers.reports.writing import write_report
from workers.dev.servers.reports.written import Written


def scan(**changed: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "scanner": "a scan",
        "path": "/repository",
        "status": "fail",
        "summary": "1 finding in 2 files",
        "counts": {"high": 1, "total": 1},
        "findings": [
            {"rule": "B602", "title": "Shell", "severity": "high", "file": "a.py", "line": 4, "status": "present"}
        ],
        "truncated": False,
        "coverage": {"files": 2, "lines": 10, "commits": 1, "skipped": [], "skipped_total": 0, "gaps": []},
    }
    return known | changed


def write(folder: Path, *sections: Any, title: str = "Audit", **more: str) -> tuple[Written, str, str]:
    written = write_report(title, sections, str(folder), **more)
    return written, Path(written.html).read_text(), Path(written.markdown).read_text()


class Tags(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data
