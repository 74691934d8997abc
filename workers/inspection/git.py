"""Git over a repository that may be a stranger's: runs nothing that it names, and is steered by nothing of it.

Every call sees the repository through a git folder of ours (`git_view`), in which there is no configuration, hook,
filter, graft or replacement of the repository's own. Nothing is fetched, and no lock is taken that is not needed.
"""

import os
import pwd
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, NamedTuple, cast

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.caller import trusting
from workers.inspection.git_home import Elsewhere, GitHome, endless, find_home
from workers.inspection.git_view import carried, environment, git_view

#: Longest that a command whose output is read as it comes may take, in seconds.
LONGEST = 3_600.0


def printable(text: str, limit: int = 300) -> str:
    """Text from a stranger, for people: no control characters, no overlong lines, always valid Unicode."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def own_configuration() -> Path:
    """Git's configuration of the person whose process this is; what he trusts is in it. HOME is a scratch one."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:  # a container without a name for its user
        home = Path("~").expanduser()
    plain = home / ".gitconfig"
    return plain if plain.exists() else home / ".config" / "git" / "config"


class Place(NamedTuple):
    """Where a folder lies in a repository."""

    top: Path | None  #: the repository's own folder; none if there is no repository
    bare: bool  #: whether it has no work tree
    why_not: str  #: why there is none
    broken: bool = False  #: whether there is one that cannot be read


class Git:
    """Git in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self) -> Place:
        """The repository the folder lies in."""
        trusts = {"GIT_CONFIG_GLOBAL": str(own_configuration()), "GIT_CONFIG_NOSYSTEM": "0"}
        command = ["git", "-C", str(self.folder), "rev-parse", "--git-dir"]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL,
                env=trusting(environment() | trusts),
            )  # fmt: skip
        except OSError:
            return Place(None, False, "git is not installed")
        except subprocess.TimeoutExpired:
            return Place(None, False, "git does not answer", broken=True)
        if b"dubious ownership" in done.stderr:
            why = (
                f"git refuses {self._shown} because another user owns it: run as its owner, "
                f"or say that you trust it: `git config --global --add safe.directory {self._shown}`"
            )
            return Place(None, False, why, broken=True)
        return self._placed()

    def _placed(self) -> Place:
        try:
            home = self.home
        except Elsewhere as lead:
            return Place(None, False, f"{printable(str(lead))}: not followed", broken=True)
        if os.path.lexists(self.folder / ".git") and (home is None or home.top != self.folder):
            return Place(None, False, f"git cannot read {self._shown}: its `.git` is no repository", broken=True)
        if home is None:
            inside = ".git" in self.folder.parts
            return Place(None, False, "git's own folder" if inside else "not a git repository")
        return Place(home.top or home.folder, home.top is None, "")

    @cached_property
    def home(self) -> GitHome | None:
        """Where git keeps the repository.

        Raises:
            Elsewhere: the folder's `.git` leads out of it, or to what has no end.
        """
        home = find_home(self.folder)
        if home and (what := endless(home)):
            raise Elsewhere(f"`{what}` in git's folder is a pipe or a device")
        return home

    @cached_property
    def _carried(self) -> dict[str, str]:
        return carried(self.home) if self.home else {}

    @contextmanager
    def seen(self) -> Iterator[dict[str, str]]:
        """The environment of one git command over the repository.

        Raises:
            ToolError: there is no repository.
        """
        try:
            home = self.home
        except Elsewhere as lead:
            raise ToolError(f"git cannot read {self._shown}: {printable(str(lead))}, which is not followed") from None
        if home is None:
            raise ToolError(f"git cannot read {self._shown}: not a git repository")
        with git_view(home, self._carried) as known:
            yield known

    def read(self, *args: str, timeout: float = 120, given: bytes = b"") -> str:
        """What a git command prints, given this to read; names that are not UTF-8 keep their bytes as surrogates.

        Raises:
            ToolError: git failed, was not found, or took longer than `timeout` seconds.
        """
        try:
            with self.seen() as known:
                done = subprocess.run(
                    self._command(*args), input=given, capture_output=True, timeout=timeout, check=False, env=known
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ToolError(f"git {args[0]} took longer than {timeout:g} s in {self._shown}") from None
        except OSError as error:
            raise ToolError(f"git cannot be started ({error.strerror}): install git") from None
        if done.returncode:
            raise ToolError(f"git {args[0]} failed in {self._shown}: {_first_line(done.stderr)}")
        return os.fsdecode(done.stdout)

    @contextmanager
    def stream(self, *args: str, timeout: float = LONGEST) -> Iterator[IO[bytes]]:
        """The output of a git command, read as it comes. Who leaves early ends the command; so does the time-out.

        Raises:
            ToolError: its output was read to the end, and it had failed, or its time was up.
        """
        with self.seen() as known, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                self._command(*args), stdout=subprocess.PIPE, stderr=said, bufsize=1 << 16, env=known,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
            output = cast("IO[bytes]", process.stdout)
            late = threading.Timer(timeout, process.kill)
            late.start()
            ended = False
            try:
                yield output
                ended = not output.read(1)
            finally:
                late.cancel()
                if not ended:
                    process.kill()
                output.close()
                process.wait()
            if ended and process.returncode:
                said.seek(0)
                why = _first_line(said.read(4096)) if process.returncode > 0 else f"ended after {timeout:g} s"
                raise ToolError(f"git {args[0]} failed in {self._shown}: {why}")

    @property
    def _shown(self) -> str:
        return printable(str(self.folder))

    def _command(self, *args: str) -> list[str]:
        return ["git", "--no-pager", "--literal-pathspecs", "-C", str(self.folder), *args]


def _first_line(said: bytes) -> str:
    return printable(next(iter(os.fsdecode(said).strip().splitlines()), "no reason given"))
