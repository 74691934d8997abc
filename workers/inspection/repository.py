"""Repository: a folder that may be a stranger's, with its history where it has one. Links are not followed."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, Literal, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import Git, printable
from workers.inspection.walking import LEFT_OUT, Walk, is_below

#: Folders that hold what others made, or what is made anew.
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
#: Repositories inside a folder that git is asked about.
MAX_INNER = 100
#: Why a link is not looked at that leads to something which is.
NOT_FOLLOWED = "a link: not followed"


Who = Literal["the repository", "a limit of ours", "the machine", "you"]


class Skipped(NamedTuple):
    """A file that was not looked at. A gap is one that should have been."""

    path: str
    why: str
    gap: bool
    who: Who = "a limit of ours"  #: who left it out: its own will, our bounds, what cannot be read, or the caller


class Entry(NamedTuple):
    """A regular file inside the folder."""

    path: str  #: relative to the folder, with `/`
    size: int  #: bytes
    mode: int  #: permission bits


class Repository:
    """A folder, with its git history where it has one.

    Raises:
        ToolError: there is no such folder; the error says what to do.
    """

    def __init__(self, path: str, leave_out: Sequence[str] = ()) -> None:
        """`leave_out`: files and folders, relative to it, that the caller does not want looked at."""
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
        #: Repositories inside this one, relative to it; known once `files` has been read to its end.
        self.inner: list[str] = []
        self._leave_out = [one.strip("/").removeprefix("./") for one in leave_out]
        self._real: dict[str, bool] = {}

    @property
    def is_git(self) -> bool:
        """Whether git knows it: a work tree, a folder in one, or a bare repository."""
        return self.top is not None

    @property
    def shown(self) -> str:
        """The folder's path, for people."""
        return printable(str(self.folder))

    def is_left_out(self, path: str) -> bool:
        """Whether the caller does not want a path looked at."""
        return any(is_below(path, left) for left in self._leave_out)

    def files(self, skipped: list[Skipped]) -> Iterator[Entry]:
        """Its regular files within the bounds, whatever git has been told of them; what is left out is in `skipped`.

        Files that git ignores are among them, and those of repositories inside this one. Of git's own folders there
        are none.
        """
        tracked = self._tracked(skipped) if self.is_git and not self.bare else frozenset()
        walk = Walk(self.folder, tracked, self._leave_out)
        yield from self._bounded(walk.paths(), skipped)
        skipped.extend(Skipped(printable(path), why, gap, who) for path, why, gap, who in walk.left)
        self.inner = walk.inner
        for inner in walk.inner[:MAX_INNER]:
            git = Git(self.folder / inner)
            place = git.place()
            if place.top and not place.bare:
                self._tracked(skipped, git, f"{inner}/")
        if len(walk.inner) > MAX_INNER:
            why = f"what git was told not to have here is asked of {MAX_INNER} repositories"
            skipped.append(Skipped("(repositories inside)", why, True))

    def named_files(self, names: Collection[str], skipped: list[Skipped]) -> Iterator[Entry]:
        """As `files`, but those that are named, wherever they are; what is gone is no gap."""
        skipped.extend(Skipped(printable(name), LEFT_OUT, False, "you") for name in names if self.is_left_out(name))
        yield from self._bounded(iter(sorted(name for name in names if not self.is_left_out(name))), skipped)

    def own_files(self, skipped: list[Skipped]) -> Iterator[Entry]:
        """As `files`, but in a git work tree only what git tracks, and what is new and not ignored."""
        if self.is_git and not self.bare:
            listed = self.git.read("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
            paths = sorted(filter(None, listed.split("\0")))
            # A folder that the repository around it ignores is a folder of its own.
            if paths or self.top == self.folder:
                yield from self._bounded(iter(paths), skipped)
                return
        for entry in self.files(skipped):
            if not SKIPPED_FOLDERS & set(entry.path.split("/")[:-1]):
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

    def _bounded(self, paths: Iterator[str], skipped: list[Skipped]) -> Iterator[Entry]:
        count, total = 0, 0
        for path in paths:
            entry = self._entry(path, skipped)
            if entry is None:
                continue
            if count >= MAX_FILES or total + entry.size > MAX_TOTAL_BYTES:
                bound = f"{MAX_FILES} files" if count >= MAX_FILES else f"{MAX_TOTAL_BYTES >> 20} MiB"
                skipped.append(Skipped(printable(path), f"the rest of the folder: beyond the bound of {bound}", True))
                return
            count, total = count + 1, total + entry.size
            yield entry

    def _tracked(self, skipped: list[Skipped], git: Git | None = None, within: str = "") -> frozenset[str]:
        """What git tracks here, or in a repository inside. Files that it was told not to have here, and submodules
        that are not, are noted."""
        try:
            listed = (git or self.git).read("ls-files", "-z", "--stage", "-t", "--cached")
        except ToolError as error:
            skipped.append(Skipped(f"{within}(index)", f"what git tracks is not known: {error}", True, "the machine"))
            return frozenset()
        if not listed and _has_files(git or self.git):
            why = "nothing of the newest commit is here (it was not checked out)"
            skipped.append(Skipped(f"{within}(index)", why, True, "the repository"))
        tracked = set[str]()
        for row in filter(None, listed.split("\0")):
            about, _, path = row.partition("\t")
            path = within + path
            tag, mode = about.split(" ")[:2]
            tracked.add(path)
            place = self.folder / path
            if self.is_left_out(path):
                continue
            if mode == "160000" and not os.path.lexists(place / ".git"):
                skipped.append(Skipped(printable(path), "a submodule that is not here", True, "the repository"))
            elif tag == "S" and not os.path.lexists(place):
                why = "tracked, and not here (a sparse checkout)"
                skipped.append(Skipped(printable(path), why, True, "the repository"))
        return frozenset(tracked)

    def _entry(self, path: str, skipped: list[Skipped]) -> Entry | None:
        try:
            known = os.lstat(self.folder / path)
        except FileNotFoundError:
            return None  # tracked but deleted: there is nothing to look at
        except OSError as error:
            skipped.append(Skipped(printable(path), f"cannot be read: {error.strerror}", True, "the machine"))
            return None
        if stat.S_ISDIR(known.st_mode):
            skipped.append(Skipped(printable(path), "a repository of its own: give its path to look into it", False))
        elif stat.S_ISLNK(known.st_mode):
            skipped.append(self._link(path))
        elif not stat.S_ISREG(known.st_mode):
            skipped.append(Skipped(printable(path), "not a regular file", True, "the machine"))
        elif not self._inside(path):
            skipped.append(Skipped(printable(path), "behind a link that leaves its folder: not followed", True))
        else:
            return Entry(path, known.st_size, stat.S_IMODE(known.st_mode))
        return None

    def _link(self, path: str) -> Skipped:
        """A link is a gap where it leads to something that is not looked at by another name."""
        target = Path(os.path.realpath(self.folder / path))
        inside = target.is_relative_to(self.folder) and ".git" not in target.relative_to(self.folder).parts
        if inside or not target.exists():
            return Skipped(printable(path), NOT_FOLLOWED, False)
        return Skipped(printable(path), "a link that leaves the folder: not followed", True)

    def _inside(self, path: str) -> bool:
        """Whether no folder on the way to a file is a link."""
        parent = path.rpartition("/")[0]
        if parent not in self._real:
            place = os.path.normpath(self.folder / parent)
            self._real[parent] = os.path.realpath(place) == str(place) and Path(place).is_relative_to(self.folder)
        return self._real[parent]


def _has_files(git: Git) -> bool:
    """Whether the newest commit has any."""
    try:
        return bool(git.read("ls-tree", "--name-only", "HEAD").strip())
    except ToolError:
        return False
