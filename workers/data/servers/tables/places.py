"""Places: files as a call names them. A link is never followed, and nothing is ever overwritten."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

#: Bytes that are read at once.
CHUNK = 1 << 20


def existing(text: str, what: str) -> Path:
    """A regular file that is there.

    Raises:
        ToolError: it is not, or it is a link.
    """
    path = _absolute(text, what)
    try:
        known = path.lstat()
    except OSError as error:
        raise ToolError(f"{what} {shown(path)} cannot be read: {error.strerror}") from None
    if stat.S_ISLNK(known.st_mode):
        raise ToolError(f"{what} {shown(path)} is a link: give the file itself")
    if not stat.S_ISREG(known.st_mode):
        raise ToolError(f"{what} {shown(path)} is not a file")
    return path


def fresh(text: str, what: str) -> Path:
    """A file that is not there yet, in a folder that is made if it has to be.

    Raises:
        ToolError: something is there already, or the folder cannot be made.
    """
    path = _absolute(text, what)
    if os.path.lexists(path):
        raise ToolError(f"{what} {shown(path)} is already there: nothing is overwritten; give another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ToolError(f"the folder of {shown(path)} cannot be made: {error.strerror}") from None
    return path


def shown(path: Path | str) -> str:
    """A path in quotes, for people."""
    return f"`{printable(str(path))}`"


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A file that appears whole under its name or not at all: written beside it, then linked to its name.

    Raises:
        ToolError: somebody made one of that name meanwhile, or it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        yield part
        os.link(part, path)
    except FileExistsError:
        raise ToolError(f"{shown(path)} has just been made by somebody else: nothing is overwritten") from None
    except OSError as error:
        raise ToolError(f"{shown(path)} cannot be written: {error.strerror}") from None
    finally:
        for leftover in (part, part.with_name(part.name + ".wal")):
            leftover.unlink(missing_ok=True)


def read(path: Path) -> IO[bytes]:
    """Open a file for reading; never through a link, never anything but a regular file.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is not a regular file")
    return os.fdopen(handle, "rb")


def digest(path: Path, job: Job) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        ToolError: it cannot be read, or there is no time left to.
    """
    total = hashlib.sha256()
    try:
        with read(path) as file:
            while chunk := file.read(CHUNK):
                total.update(chunk)
                if job.out_of_time:
                    raise ToolError(f"{shown(path)} cannot be read in {job.seconds:g} s: raise `max_seconds`")
    except OSError as error:
        raise ToolError(f"{shown(path)} cannot be read: {error.strerror}") from None
    return total.hexdigest()


def _absolute(text: str, what: str) -> Path:
    path = Path(text)
    if "\0" in text or not path.is_absolute():
        raise ToolError(f"{what} {shown(text)} is not an absolute path: give the whole path")
    return Path(os.path.realpath(path.parent)) / path.name
