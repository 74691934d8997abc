"""Reads the added lines of a repository's whole history as git writes them, bounded in time, commits and bytes."""

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from workers.inspection.git import printable
from workers.inspection.job import Job
from workers.inspection.repository import Repository, Skipped

#: Most of git's output that is read; what is beyond is older history, and is said to be uncovered.
MAX_BYTES = 512 << 20
#: Longest line that is taken apart; the rest of it is dropped as it comes.
MAX_LINE_BYTES = 64 << 10
#: Added lines that are handed on at once, so that memory stays small.
MAX_LINES = 2_000

_MARK = b"\x00commit "
_HUNK = re.compile(rb"^(@{2,}) .*?\+(\d+)(?:,\d+)? @{2,}")
#: Endings of files whose content is no text: that git shows no lines of them is no gap.
_NO_TEXT = re.compile(
    r"\.(png|jpe?g|gif|webp|ico|bmp|tiff?|pdf|zip|gz|bz2|xz|zst|7z|tar|jar|whl|woff2?|ttf|otf|eot|mp[34]|mov|webm|ogg"
    r"|wav|so|dll|dylib|exe|bin|o|a|class|pyc|sqlite3?|db|parquet|npy|npz|pkl|pt|onnx)$",
    re.IGNORECASE,
)


class Added(NamedTuple):
    """Lines that one commit added to one file, with their numbers in it."""

    commit: str
    path: str
    lines: list[tuple[int, str]]


class History:
    """The added lines of a repository's commits, the newest first, deleted files and merges included."""

    def __init__(self, repository: Repository, max_commits: int) -> None:
        self.commits = 0
        self.gaps: list[str] = []
        self.skipped: list[Skipped] = []
        self._repository = repository
        self._max_commits = max_commits

    def added(self, job: Job) -> Iterator[Added]:
        """Each batch of added lines. When it ends, `commits` and `gaps` say what was covered.

        Raises:
            Stopped: the job is no longer wanted.
            ToolError: git failed.
        """
        total = self._count()
        if total > self._max_commits:
            self.gaps.append(f"the oldest {total - self._max_commits} of {total} commits: beyond the bound asked for")
        if total == 0:
            return
        with self._repository.git.stream(*self._log_command()) as stream:
            yield from self._read(stream, job, min(total, self._max_commits))

    def _count(self) -> int:
        said = self._repository.git.read("rev-list", "--all", *self._head(), "--count", *self._within())
        return int(said.strip() or 0)

    def _head(self) -> list[str]:
        """HEAD, where it exists: detached work is on no branch."""
        listed = self._repository.git.read("for-each-ref", "--count=1").strip()
        return ["HEAD"] if listed and self._resolves("HEAD") else []

    def _resolves(self, name: str) -> bool:
        return bool(self._repository.git.read("rev-parse", "--revs-only", name).strip())

    def _within(self) -> list[str]:
        """Limits the log to the folder, if it is not the whole repository."""
        return [] if self._repository.top == self._repository.folder else ["--full-history", "--", "."]

    def _log_command(self) -> list[str]:
        options = (
            "--patch --cc --unified=0 --no-color --no-ext-diff --no-textconv --no-renames --no-notes "
            "--no-show-signature --no-decorate --no-prefix --submodule=short --ignore-submodules=all --root"
        )
        relative = [] if self._repository.top == self._repository.folder else ["--relative"]
        return [
            "log", "--all", *self._head(), f"--max-count={self._max_commits}", "--format=%x00commit %H",
            *options.split(), *relative, *self._within(),
        ]  # fmt: skip

    def _read(self, stream: IO[bytes], job: Job, expected: int) -> Iterator[Added]:
        commit, path, number, parents, seen = "", "", 0, 1, 0
        batch: list[tuple[int, str]] = []
        for raw in _lines(stream):
            seen += len(raw)
            if raw.startswith((_MARK, b"diff ", b"@@")) or len(batch) >= MAX_LINES:
                if batch:
                    yield Added(commit, path, batch)
                    batch = []
                if seen > MAX_BYTES or job.out_of_time:
                    why = f"{job.seconds:g} s" if seen <= MAX_BYTES else f"{MAX_BYTES >> 20} MiB"
                    self.gaps.append(f"commits before {commit[:12]}: beyond the bound of {why}")
                    return
            if raw.startswith(_MARK):
                commit = raw[len(_MARK) :].strip().decode("ascii", "replace")
                path, parents = "", 0
                self.commits += 1
                job.progress(0.5 + 0.5 * self.commits / max(1, expected), f"commit {self.commits} of {expected}")
            elif raw.startswith(b"diff "):
                path, parents = "", 0
            elif not parents and raw.startswith(b"+++ "):
                path = _unquoted(raw[4:].rstrip(b"\r\n\t"))
            elif not parents and raw.startswith(b"Binary files "):
                self._note_binary(raw)
            elif hunk := _HUNK.match(raw):
                parents, number = len(hunk.group(1)) - 1, int(hunk.group(2))
            elif parents and (marks := raw[:parents]).strip(b"+ ") == b"":
                if b" " not in marks:
                    batch.append((number, raw[parents:].rstrip(b"\r\n").decode("utf-8", "replace")))
                number += 1
        if batch:
            yield Added(commit, path, batch)

    def _note_binary(self, raw: bytes) -> None:
        """A file whose lines git does not show; the repository itself may have told it so."""
        names = raw[len(b"Binary files ") :].rsplit(b" differ", 1)[0].split(b" and ")
        name = next((_unquoted(part) for part in reversed(names) if part != b"/dev/null"), "")
        if name and not _NO_TEXT.search(name) and names[-1] != b"/dev/null":
            self.skipped.append(Skipped(printable(name), "in history: git shows it as binary", False))


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines of bounded length; what is beyond the bound of a line is dropped."""
    while line := stream.readline(MAX_LINE_BYTES):
        yield line
        while not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
            line = stream.readline(MAX_LINE_BYTES)


def _unquoted(name: bytes) -> str:
    """A file name as git writes it: odd ones are quoted, with octal escapes."""
    if name.startswith(b'"') and name.endswith(b'"'):
        plain = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
        name = re.sub(
            rb"\\([0-7]{3}|.)",
            lambda m: bytes([int(m[1], 8) & 255]) if len(m[1]) == 3 else plain.get(m[1], m[1]),  # noqa: PLR2004
            name[1:-1],
        )
    return name.decode("utf-8", "replace")
