"""A repository's work tree, looked at and changed with git's plumbing: no hook, filter or program of its own runs.

Commits are made from blobs, trees and references. Git sees the repository through a folder of ours (`git_view`), where
no filter, driver or hook is configured.
"""

import os
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.atomic_write import write_whole
from workers.inspection.caller import caller
from workers.inspection.git import Git, printable
from workers.inspection.git_home import GitHome
from workers.inspection.git_view import configuration
from workers.inspection.repository import Repository

_REGULAR = ("100644", "100755")
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG")
_SECONDS = 120
MAX_FILES = 20_000


class Standing(NamedTuple):
    """Where a repository stands."""

    branch: str  #: the branch that is checked out; empty when none is
    commit: str  #: its newest commit; empty when there is none
    dirty: int  #: tracked files that are not as committed
    under_way: str  #: a merge, a rebase … that has not ended; empty when none is


class Author(NamedTuple):
    """As whom is committed."""

    name: str
    email: str
    signs: bool  #: whether he has his own commits signed; those made here are not

    @property
    def shown(self) -> str:
        """For people: a question shows it."""
        return printable(f"{self.name} <{self.email}>{', not signed' if self.signs else ''}")


class WorkTree(Git):
    """The work tree of one repository.

    Raises:
        ToolError: there is no such repository, or the folder is not its own.
    """

    def __init__(self, path: str) -> None:
        repository = Repository(path)
        super().__init__(repository.folder)
        if repository.bare or not repository.is_git:
            raise ToolError(f"{repository.shown} is no git repository with a work tree ({repository.why_not_git})")
        if repository.top != self.folder:
            top = printable(str(repository.top))
            raise ToolError(f"{repository.shown} lies in the repository {top}: give that folder")

    @property
    def shown(self) -> str:
        """The folder, for people."""
        return printable(str(self.folder))

    @property
    def git_home(self) -> GitHome:
        """Where git keeps it."""
        return cast("GitHome", self.home)

    def configured(self, name: str) -> str:
        """What its own configuration says of something; empty where it says nothing."""
        return dict(configuration(self.git_home)).get(name.lower(), "").strip()

    def settings(self) -> list[str]:
        """The names of all that its own configuration sets, with what it includes."""
        return [name for name, _ in configuration(self.git_home, includes=True)]

    def standing(self) -> Standing:
        """Where it stands."""
        head = self._ask("symbolic-ref", "--quiet", "HEAD").strip()
        commit = self._ask("rev-parse", "--verify", "--quiet", "HEAD").strip()
        changed = self.read("status", "--porcelain=v1", "-z", "--untracked-files=no", "--ignore-submodules=all")
        own = self.git_home.folder
        under_way = next((name for name in _UNDER_WAY if (own / name).exists()), "")
        return Standing(head.removeprefix("refs/heads/"), commit, len([p for p in changed.split("\0") if p]), under_way)

    def tracked(self) -> dict[str, str]:
        """Mode by path of every tracked regular file that no link leads to, in order; nothing of a submodule."""
        found: dict[str, str] = {}
        for entry in filter(None, self.read("ls-files", "-z", "--stage").split("\0")):
            about, _, path = entry.partition("\t")
            mode, _, stage = about.split(" ")
            if mode in _REGULAR and stage == "0" and self._is_own(path):
                found[path] = mode
            if len(found) > MAX_FILES:
                raise ToolError(
                    f"{self.shown} has more than {MAX_FILES} tracked files: that is beyond what is searched"
                )
        return found

    def filtered(self, paths: Sequence[str]) -> set[str]:
        """Those of some files that git passes through a filter, such as files kept elsewhere."""
        said = self.run(
            "check-attr", "-z", "--stdin", "filter", given="\0".join(paths).encode("utf-8", "surrogateescape")
        )
        parts = os.fsdecode(said).split("\0")
        return {parts[i] for i in range(0, len(parts) - 2, 3) if parts[i + 2] not in ("unspecified", "unset")}

    def tip(self, branch: str) -> str:
        """The newest commit of a branch; empty when there is no such branch."""
        return self._ask("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}").strip()

    def is_name(self, branch: str) -> bool:
        """Whether git takes this for the name of a branch."""
        return not branch.startswith("-") and bool(self._ask("check-ref-format", "--branch", branch).strip())

    def blob(self, path: str, content: bytes) -> str:
        """Store what a file becomes, its line ends as the repository keeps them; the blob's id."""
        return os.fsdecode(self.run("hash-object", "-w", "--stdin", f"--path={path}", given=content)).strip()

    def author(self) -> Author:
        """As whom is committed here: whom its own configuration names, else the person who asked.

        Raises:
            ToolError: neither says a name and an address.
        """
        person = caller()
        name, email = self.configured("user.name") or person.name, self.configured("user.email") or person.email
        if not (name and email):
            raise ToolError(
                f"{self.shown}: nobody has said who commits: run `git config --global user.name …` and "
                "`git config --global user.email …` (for all your repositories), or the same without `--global` there, "
                "and ask again"
            )
        own = self.configured("commit.gpgsign").lower()
        return Author(name, email, own in ("true", "yes", "on", "1") if own else person.signs)

    def commit(self, blobs: Mapping[str, tuple[str, str]], parent: str, message: str) -> str:
        """A commit on `parent` with some files (mode and blob by path) changed; nothing that can be seen changes."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self.run("read-tree", parent, more=index)
            self.run("update-index", "-z", "--index-info", given=_entries(blobs), more=index)
            tree = os.fsdecode(self.run("write-tree", more=index)).strip()
        name, email, _ = self.author()
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", name), ("EMAIL", email))}  # fmt: skip
        made = self.run("commit-tree", tree, "-p", parent, given=message.encode(), more=who)
        return os.fsdecode(made).strip()

    def entries(self, commit: str, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Mode and blob by path in a commit."""
        found: dict[str, tuple[str, str]] = {}
        for entry in filter(None, self.read("ls-tree", "-z", "-r", commit, "--", *paths).split("\0")):
            about, _, path = entry.partition("\t")
            mode, _, blob = about.split(" ")
            found[path] = (mode, blob)
        return found

    def content(self, commit: str, path: str) -> bytes:
        """A file of a commit as it lies in the work tree."""
        return self.run("cat-file", "--filters", f"{commit}:{path}")

    def stage(self, blobs: Mapping[str, tuple[str, str]]) -> None:
        """Make the index agree with what was written."""
        self.run("update-index", "-z", "--index-info", given=_entries(blobs))
        self._ask("update-index", "-q", "--refresh")

    def write(self, path: str, content: bytes) -> None:
        """Replace a tracked file, whole or not at all; its mode stays.

        Raises:
            ToolError: it is no longer a regular file inside the folder, or cannot be written.
        """
        place = self.folder / path
        try:
            if not self._is_own(path):
                raise ToolError(f"{printable(path)} is no longer a regular file inside {self.shown}")
            mode = stat.S_IMODE(os.lstat(place).st_mode)
            write_whole(place, content, mode)
        except OSError as error:
            raise ToolError(f"{printable(path)} cannot be written: {error.strerror}") from None

    def diff(self, names: Sequence[str]) -> str:
        """What git shows of files against the last commit, without control characters; no program of theirs is run."""
        if not names:
            return ""
        told = self.read("diff", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "HEAD", "--", *names)
        return "".join(f"{printable(line, 500)}\n" for line in told.splitlines())

    def run(self, *args: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        """What a git command prints, given something to read.

        Raises:
            ToolError: it failed; the error has its first words.
        """
        try:
            with self.seen() as known:
                done = subprocess.run(
                    self._command(*args), input=given, capture_output=True, timeout=_SECONDS, check=False,
                    env={**known, **(more or {})},
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ToolError(f"git {args[0]} took longer than {_SECONDS} s in {self.shown}") from None
        if done.returncode:
            said = printable(os.fsdecode(done.stderr).strip() or "no reason given")
            raise ToolError(f"git {args[0]} failed in {self.shown}: {said}")
        return done.stdout

    def _ask(self, *args: str) -> str:
        """What a command prints that says no by failing."""
        try:
            return self.read(*args)
        except ToolError:
            return ""

    def _is_own(self, path: str) -> bool:
        """Whether a path is a regular file inside the folder, no link on the way to it."""
        place = self.folder / path
        try:
            if not stat.S_ISREG(os.lstat(place).st_mode):
                return False
        except OSError:
            return False
        return os.path.realpath(place) == os.path.normpath(place) and place.is_relative_to(self.folder)


def _entries(blobs: Mapping[str, tuple[str, str]]) -> bytes:
    lines = [f"{mode} {blob} 0\t{path}\0" for path, (mode, blob) in blobs.items()]
    return "".join(lines).encode("utf-8", "surrogateescape")
