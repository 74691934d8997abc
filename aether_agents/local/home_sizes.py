"""HomeSizes: what lies in AETHER_HOME, by what it is for, and how large it is."""

import os
from pathlib import Path
from typing import NamedTuple

#: Files that are looked at of one folder: a size beyond them is said to be at least so large.
MOST = 100_000


class Size(NamedTuple):
    """How large a folder is."""

    files: int
    size: int
    whole: bool  #: whether all files were looked at


def size_of(folder: Path, most: int = MOST) -> Size:
    """The files below a folder; what cannot be read counts for nothing, links are not followed."""
    files = size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            if files == most:
                return Size(files, size, whole=False)
            try:
                size += os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - a hundred thousand of them
            except OSError:
                continue
            files += 1
    return Size(files, size, whole=True)


def readable(size: int) -> str:
    """A size as people read it."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= unit / 10:
            return f"{size / unit:.1f} {name}"
    return f"{size / 1e3:.1f} KB"
