"""Takes a report away again: the files that `write` made, and nothing that it did not."""

import os
import re
import stat
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from .reading import clean

#: What `write` leaves near the top of each of its files.
_MARK = re.compile(rb"<!-- report [0-9a-f]{64} -->")
_TOP = 400


class Removed(BaseModel):
    """The result of removing a report."""

    removed: list[str] = Field(description="Absolute paths of the files that are gone.")


def remove_report(html: str) -> Removed:
    """Remove a report: the HTML file, and the Markdown file beside it.

    Raises:
        ToolError: a file is not a report, or cannot be removed. A report that is gone already is no error.
    """
    page = Path(html)
    if not page.is_absolute() or page.suffix != ".html":
        raise ToolError(f"{clean(html)!r} is not the absolute path of a report's HTML file")
    there = [path for path in (page, page.with_suffix(".md")) if _is_report(path)]
    for path in there:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ToolError(f"{clean(str(path))!r} cannot be removed: {error.strerror}") from None
    return Removed(removed=[str(path) for path in there])


def _is_report(path: Path) -> bool:
    """Whether a file is there; one that is no report of ours is never touched."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ToolError(f"{clean(str(path))!r} cannot be read: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not _MARK.search(file.read(_TOP)):
            raise ToolError(f"{clean(str(path))!r} is no report: it stays")
    return True
