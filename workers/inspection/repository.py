"""Repository: a folder that may be a stranger's, with its history where it has one. Links are not followed."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import Git, printable

#: Folders that hold what others made; looked into only where git tracks them.
SKIPPED_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "bower_components", "site-packages"),
        *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".eggs", "build"),
        *("dist", "target", "vendor", ".gradle", ".terraform"),
    )
)
#: Bounds of one listing: a folder beyond them is covered in part, and the result says so.
MAX_FILES = 20_000
MAX_FILE_BYTES = 2 << 20
MAX_TOTAL_BYTES = 256 << 20


class Skipped(NamedTuple):
    """A file that was not looked at. A gap is one that should have been."""

    path: str
    why: str
    gap: bool


class Entry(NamedTuple):
    """A regular file inside the folder."""

    path: str  #: relative to the folder, with `/`
    size: int  #: bytes
    mode: int  #: permission bits


class Repository:
    """A folder, with its git history where it has one.

    Raises:
        ToolError: there is no such folder, or git refuses it; the error says what to do.
    """

    def __init__(self, path: str) -> None:
        folder = Path(path).expanduser()
        if not folder.is_absolute():
            raise ToolError(f"{printable(path)!r} is not an absolute path: give the whole path of the folder")
        if not folder.is_dir():
            what = "a file" if folder.is_file() else "not there"
            raise ToolError(f"{printable(path)!r} is {what}: give the path of a folder")
        self.folder = folder.resolve()
        self.git = Git(self.folder)
        self.place = self.git.place()
        self.top, self.bare, self.why_not_git = self.place.top, self.place.bare, self.place.why_not
        self._real: dict[str, bool] = {}

    @property
    def is_git(self) -> bool:
        """Whether git knows it: a work tree, a folder in one, or a bare repository."""
        return self.top is not None

    @property
    def shown(self) -> str:
        """The folder's path, for people."""
        return printable(str(self.folder))

    def files(self, skipped: list[Skipped]) -> Iterator[Entry]:
        """Its regular files within the bounds; what is left out is added to `skipped`.

        In a git work tree: what git tracks, and what is new and not ignored. Else every file below it.
        """
        count, total = 0, 0
        for path in self._paths():
            entry = self._entry(path, skipped)
            if entry is None:
                continue
            if count >= MAX_FILES or total + entry.size > MAX_TOTAL_BYTES:
                bound = f"{MAX_FILES} files" if count >= MAX_FILES else f"{MAX_TOTAL_BYTES >> 20} MiB"
                skipped.append(Skipped(printable(path), f"the rest of the folder: beyond the bound of {bound}", True))
                return
            count, total = count + 1, total + entry.size
            yield entry

    def open(self, path: str) -> IO[bytes]:
        """Open a listed file; never through a link, never anything but a regular file.

        Raises:
            OSError: it cannot be opened, or is no longer a regular file inside the folder.
        """
        if not self._inside(path):
            raise OSError("it lies outside the folder")
        handle = os.open(self.folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError("it is not a regular file")
        return os.fdopen(handle, "rb")

    def _paths(self) -> Iterator[str]:
        if self.bare:
            return
        if self.is_git:
            listed = self.git.read("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
            paths = sorted(filter(None, listed.split("\0")))
            # A folder that the repository around it ignores is a folder of its own.
            if paths or self.top == self.folder:
                yield from paths
                return
        for place, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
            for name in sorted(names):
                yield os.path.relpath(Path(place, name), self.folder)

    def _entry(self, path: str, skipped: list[Skipped]) -> Entry | None:
        try:
            known = os.lstat(self.folder / path)
        except OSError:
            return None  # tracked but deleted: there is nothing to look at
        if stat.S_ISDIR(known.st_mode):
            skipped.append(Skipped(printable(path), "a repository of its own: give its path to look into it", False))
        elif stat.S_ISLNK(known.st_mode):
            skipped.append(Skipped(printable(path), "a link: not followed", False))
        elif not stat.S_ISREG(known.st_mode):
            skipped.append(Skipped(printable(path), "not a regular file", False))
        elif not self._inside(path):
            skipped.append(Skipped(printable(path), "behind a link that leaves its folder: not followed", False))
        else:
            return Entry(path, known.st_size, stat.S_IMODE(known.st_mode))
        return None

    def _inside(self, path: str) -> bool:
        """Whether no folder on the way to a file is a link."""
        parent = path.rpartition("/")[0]
        if parent not in self._real:
            place = os.path.normpath(self.folder / parent)
            self._real[parent] = os.path.realpath(place) == str(place) and Path(place).is_relative_to(self.folder)
        return self._real[parent]
