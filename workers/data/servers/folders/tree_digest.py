"""One digest of a folder: names, contents, modes and links, so that two folders can be compared by it."""

import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable
from workers.inspection.text import opened


class Tree(NamedTuple):
    """What a folder holds."""

    files: int
    bytes: int
    digest: str


def tree_of(folder: Path, job: Job) -> Tree:
    """What a folder holds, all of it.

    Raises:
        ToolError: something cannot be read, or it takes too long.
    """
    total, files, size = hashlib.sha256(), 0, 0

    def broken(error: OSError) -> None:
        raise ToolError(f"`{printable(str(error.filename))}` cannot be read: {error.strerror}")

    for at, folders, names in os.walk(folder, onerror=broken):
        folders.sort()
        for name in sorted((*names, *folders)):
            path = Path(at, name)
            try:
                found = path.lstat()
                told = f"{stat.S_IFMT(found.st_mode)} {stat.S_IMODE(found.st_mode)}"
                if stat.S_ISLNK(found.st_mode):
                    told = f"link {os.readlink(path)}"  # noqa: PTH115 - a link as it is written
                elif stat.S_ISREG(found.st_mode):
                    told += f" {_content(path, job)}"
                    files, size = files + 1, size + found.st_size
            except OSError as error:
                raise ToolError(f"`{printable(str(path))}` cannot be read: {error.strerror}") from None
            total.update(f"{path.relative_to(folder)}\0{told}\0".encode("utf-8", "surrogateescape"))
    return Tree(files, size, total.hexdigest())


def _content(path: Path, job: Job) -> str:
    total = hashlib.sha256()
    with opened(path) as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
            if job.out_of_time:
                raise ToolError(f"the folder cannot be read in {job.seconds:g} s: raise `max_seconds`")
    return total.hexdigest()
