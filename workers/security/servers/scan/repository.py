"""Repository: a folder that may be a stranger's, read without running anything of it.

Git obeys the repository's own configuration, and that can name programs. Every git call here switches off what
could start one (hooks, file system monitor, pager, external diff, text conversion, signature checks, fetches),
reads only, and takes no lock. Links are not followed.

The same file serves every first-party server (each is a program of its own); a test keeps the copies equal.
"""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from mcp.server.mcpserver.exceptions import ToolError

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

_SWITCHES = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.attributesFile=/dev/null",
    "core.quotePath=false",
    "credential.helper=",
    "diff.external=",
    "diff.orderFile=/dev/null",
    "log.showSignature=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C.UTF-8",
}


class Skipped(NamedTuple):
    """A file that was not looked at. A gap is one that should have been."""

    path: str
    why: str
    gap: bool


class Entry(NamedTuple):
    """A regular file inside the folder."""

    path: str  #: relative to the folder, with `/`
    size: int  #: bytes
    mode: int


def printable(text: str, limit: int = 300) -> str:
    """Text from a stranger, for people: no control characters, no overlong lines, always valid Unicode."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


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
        self.bare = False
        self.top, self.why_not_git = self._find_top()
        self._real: dict[str, bool] = {}

    @property
    def is_git(self) -> bool:
        """Whether git knows it: a work tree, a folder in one, or a bare repository."""
        return self.top is not None

    def git(self, *args: str, timeout: float = 60) -> str:
        """What a git command prints; names that are not UTF-8 keep their bytes as surrogates.

        Raises:
            ToolError: git failed, was not found, or took longer than `timeout` seconds.
        """
        try:
            done = subprocess.run(
                self.git_command(*args), capture_output=True, timeout=timeout, check=False, **self._how()
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"git {args[0]} took longer than {timeout:g} s in {self.shown}") from None
        except OSError as error:
            raise ToolError(f"git cannot be started ({error.strerror}): install git") from None
        if done.returncode:
            raise ToolError(f"git {args[0]} failed in {self.shown}: {printable(_first_line(done.stderr))}")
        return os.fsdecode(done.stdout)

    @contextmanager
    def git_stream(self, *args: str) -> Iterator[IO[bytes]]:
        """The output of a git command, read as it comes. Who leaves early ends the command.

        Raises:
            ToolError: its output was read to the end, and it had failed.
        """
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                self.git_command(*args), stdout=subprocess.PIPE, stderr=said, bufsize=1 << 16, **self._how()
            )
            output = cast("IO[bytes]", process.stdout)
            try:
                yield output
                ended = not output.read(1)
            except BaseException:
                ended = False
                raise
            finally:
                if not ended:
                    process.kill()
                output.close()
                failed = process.wait() and ended
            if failed:
                said.seek(0)
                raise ToolError(f"git {args[0]} failed in {self.shown}: {printable(_first_line(said.read(4096)))}")

    def git_command(self, *args: str) -> list[str]:
        """The whole command line of a git call, with everything that could run a program switched off."""
        switches = [part for switch in _SWITCHES for part in ("-c", switch)]
        return ["git", "--no-pager", "--literal-pathspecs", *switches, "-C", str(self.folder), *args]

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

    def _find_top(self) -> tuple[Path | None, str]:
        command = self.git_command("rev-parse", "--is-bare-repository", "--show-cdup")
        try:
            done = subprocess.run(command, capture_output=True, timeout=30, check=False, **self._how())
        except OSError:
            return None, "git is not installed"
        except subprocess.TimeoutExpired:
            raise ToolError(f"git does not answer in {self.shown}") from None
        said = os.fsdecode(done.stderr)
        if "dubious ownership" in said:
            raise ToolError(
                f"git refuses {self.shown} because another user owns it: run as its owner, "
                f"or allow it with `git config --system --add safe.directory {self.shown}`"
            )
        if done.returncode and "not a git repository" in said:
            return None, "not a git repository"
        if done.returncode:
            raise ToolError(f"git cannot read {self.shown}: {printable(_first_line(done.stderr))}")
        bare, _, up = os.fsdecode(done.stdout).partition("\n")
        self.bare = bare == "true"
        return (self.folder / up.rstrip("\n")).resolve(), ""

    def _paths(self) -> Iterator[str]:
        if self.bare:
            return
        if self.is_git:
            listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
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

    def _how(self) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER") if name in os.environ}
        return {"env": {**kept, **_ENVIRONMENT}, "stdin": subprocess.DEVNULL}


def _first_line(said: bytes) -> str:
    return next(iter(os.fsdecode(said).strip().splitlines()), "no reason given")
