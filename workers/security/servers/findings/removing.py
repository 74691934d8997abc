"""Takes a SARIF file away again: one that `sarif` wrote, and nothing else."""

import os
import re
import stat
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.git import printable

from .sarif import TOOL

#: How each of our files begins: the schema, the version, and who wrote it.
_HEAD = re.compile(
    rb'\A\{\s*"\$schema": "[^"]+",\s*"version": "2\.1\.0",\s*"runs": \[\s*\{\s*"tool": \{\s*"driver": \{\s*'
)
_NAME = f'"name": "{TOOL}"'.encode()
_TOP = 1_000


class Removed(BaseModel):
    """The result of removing a file."""

    removed: list[str] = Field(description="Absolute paths of the files that are gone.")


def remove_sarif(path: str) -> Removed:
    """Remove a SARIF file. One that is gone already is no error.

    Raises:
        ToolError: the file is not one of ours, or cannot be removed.
    """
    file, shown = Path(path), printable(path)
    if not file.is_absolute() or file.suffix != ".sarif":
        raise ToolError(f"{shown!r} is not the absolute path of a SARIF file")
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            top = opened.read(_TOP) if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) else b""
        head = _HEAD.match(top)
        if not head or not top.startswith(_NAME, head.end()):
            raise ToolError(f"{shown!r} is no SARIF file of ours: it stays")
        file.unlink()
    except FileNotFoundError:
        return Removed(removed=[])
    except OSError as error:
        raise ToolError(f"{shown!r} cannot be removed: {error.strerror}") from None
    return Removed(removed=[str(file)])
