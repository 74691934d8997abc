"""Reads the added lines of a repository's whole history as git writes them, bounded in time, commits and bytes.

Git is told to show every file as text: attributes and a stray byte would have it say "binary files differ".
"""

from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable
from workers.inspection.repository import Repository

from .patches import Patch, parts

#: Most of git's output that is read; what is beyond is older history, and is said to be uncovered.
MAX_BYTES = 512 << 20
#: Added lines that are handed on at once, so that memory stays small.
MAX_LINES = 2_000
#: The name under which the names of references and the messages of tags are handed on.
REFERENCE = "(references and tags)"
#: Commits that cannot be read whole before the rest is given up (each is one more run of git), and in a row.
MAX_BROKEN, IN_A_ROW = 200, 3

_FORMAT = "--format=%x00commit %H%n%x00message %B%n%x00end"
_PATCH = [
    "--patch",
    "--cc",
    "--unified=0",
    "--text",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-prefix",
    "--submodule=short",
    "--ignore-submodules=all",
]
_LOG = ["--no-notes", "--no-show-signature", "--no-decorate", "--root", "--no-follow"]


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
        self._repository = repository
        self._git = repository.git
        self._max_commits = max_commits
        self._seen = 0
        self._ended = False

    def added(self, job: Job) -> Iterator[Added]:
        """Each batch of added lines. When it ends, `commits` and `gaps` say what was covered.

        A commit that cannot be read whole is a gap, and the others are read all the same.

        Raises:
            Stopped: the job is no longer wanted.
        """
        total = self._look()
        if total > self._max_commits:
            self._gap(f"the oldest {total - self._max_commits} of {total} commits: beyond the bound asked for", "")
        wanted = min(total, self._max_commits)
        broken: list[str] = []
        started, row = 0, 0
        while started < wanted and not self._ended and len(broken) < MAX_BROKEN and row < IN_A_ROW:
            before = self.commits
            try:
                with self._git.stream(*self._log_command(started, wanted - started)) as stream:
                    yield from self._read(stream, job, wanted)
                break
            except ToolError as error:
                broken.append(str(error))
                came = self.commits - before
                row = 0 if came else row + 1
                started += max(1, came)
                self.commits -= bool(came)  # the last one was not read to its end
        if broken:
            what = f"history: {wanted - self.commits} of {wanted} commits cannot be read whole"
            self._gap(f"{what} (a partial clone, or damage): {printable(broken[0], 160)}", "the machine")

    def staged(self, job: Job) -> Iterator[Added]:
        """What is staged and in no commit, whatever the work tree has in its place."""
        commits = self.commits
        try:
            with self._git.stream("diff", "--cached", *_PATCH, *self._relative(), *self._within()) as stream:
                yield from self._read(stream, job, 1)
        except ToolError as error:
            self._gap(f"what is staged cannot be read: {error}", "the machine")
        self.commits = commits

    def tags(self) -> Iterator[Added]:
        """What references are called, and what the messages of tags say."""
        said = "%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)"
        try:
            listed = self._git.read("for-each-ref", f"--format=%00%(objectname) %(refname)%0a{said}")
        except ToolError as error:
            self._gap(f"the tags cannot be read: {error}", "the machine")
            return
        for known in filter(None, listed.split("\0")):
            name, _, text = known.partition(" ")
            yield Added(name, REFERENCE, list(enumerate(text.splitlines(), 1)))

    def _gap(self, why: str, who: str) -> None:
        self.gaps.append(f"{why} (left out by {who})" if who else why)

    def _look(self) -> int:
        """How many commits there are; what keeps git from showing some is noted."""
        try:
            if self._git.read("rev-parse", "--is-shallow-repository").strip() == "true":
                fix = "older history is not here (a shallow clone): fetch it with `git fetch --unshallow`"
                self._gap(fix, "the repository")
            self._look_at_references()
            said = self._git.read("rev-list", "--ignore-missing", "--all", *self._head(), "--count", *self._within())
        except ToolError as error:
            self._gap(f"the history cannot be read whole: {error}", "the machine")
            return self._max_commits
        return int(said.strip() or 0)

    def _look_at_references(self) -> None:
        """Git passes over references that name nothing, or no commit."""
        listed = self._git.read("for-each-ref", "--format=%(objectname)^{} %(refname)").splitlines()
        known = [line.split(" ", 1) for line in listed if " " in line]
        asked = "".join(f"{name}\n" for name, _ in known).encode()
        said = self._git.read("cat-file", "--batch-check=%(objecttype)", given=asked).splitlines() if known else []
        for (_, name), kind in zip(known, said, strict=False):
            if kind not in ("commit", "tag"):
                what = f"names a {kind} and no commit" if kind in ("blob", "tree") else "names what is not there"
                self._gap(f"{printable(name)}: {what}", "the repository")

    def _head(self) -> list[str]:
        """HEAD, where it exists: detached work is on no branch."""
        listed = self._git.read("for-each-ref", "--count=1", "--format=%(refname)").strip()
        return ["HEAD"] if listed and self._git.read("rev-parse", "--revs-only", "HEAD").strip() else []

    def _relative(self) -> list[str]:
        return [] if self._repository.top == self._repository.folder else ["--relative"]

    def _within(self) -> list[str]:
        """Limits the log to the folder, if it is not the whole repository."""
        return [] if self._repository.top == self._repository.folder else ["--full-history", "--", "."]

    def _log_command(self, started: int, most: int) -> Sequence[str]:
        bounds = (f"--skip={started}", f"--max-count={most}")
        try:
            head = self._head()
        except ToolError:
            head = []
        return [
            "log",
            "--ignore-missing",
            "--all",
            *head,
            *bounds,
            _FORMAT,
            *_PATCH,
            *_LOG,
            *self._relative(),
            *self._within(),
        ]

    def _read(self, stream: IO[bytes], job: Job, expected: int) -> Iterator[Added]:
        patch = Patch()
        for raw, first in parts(stream):
            self._seen += len(raw)
            if (first and raw.startswith((b"\x00", b"diff ", b"@@"))) or len(patch.lines) >= MAX_LINES:
                if patch.lines:
                    yield Added(patch.commit, patch.path, patch.take())
                if self._seen > MAX_BYTES or job.out_of_time:
                    why = f"{job.seconds:g} s" if self._seen <= MAX_BYTES else f"{MAX_BYTES >> 20} MiB"
                    self._gap(f"commits before {patch.commit[:12]}: beyond the bound of {why}", "a limit of ours")
                    self._ended = True
                    return
            if patch.read(raw, first):
                self.commits += 1
                job.progress(0.5 + 0.5 * self.commits / max(1, expected), f"commit {self.commits} of {expected}")
        if patch.lines:
            yield Added(patch.commit, patch.path, patch.take())
