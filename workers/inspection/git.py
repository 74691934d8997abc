"""Git over a repository that may be a stranger's: reads only, and runs nothing that the repository names.

Git obeys the repository's own configuration, and that can name programs. Every call here switches off what could
start one (hooks, file system monitor, pager, external diff, text conversion, signature checks, fetches), reads only,
and takes no lock.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from mcp.server.mcpserver.exceptions import ToolError

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


def printable(text: str, limit: int = 300) -> str:
    """Text from a stranger, for people: no control characters, no overlong lines, always valid Unicode."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class Place(NamedTuple):
    """Where a folder lies in a repository."""

    top: Path | None  #: the repository's own folder; none if there is no repository
    bare: bool  #: whether it has no work tree
    why_not: str  #: why there is none


class Git:
    """Git in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self) -> Place:
        """The repository the folder lies in.

        Raises:
            ToolError: there is one, and git refuses or cannot read it; the error says what to do.
        """
        command = self._command("rev-parse", "--is-bare-repository", "--is-inside-git-dir", "--show-cdup")
        try:
            done = subprocess.run(command, capture_output=True, timeout=30, check=False, **_how())
        except OSError:
            return Place(None, False, "git is not installed")
        except subprocess.TimeoutExpired:
            raise ToolError(f"git does not answer in {self._shown}") from None
        said = os.fsdecode(done.stderr)
        if "dubious ownership" in said:
            raise ToolError(
                f"git refuses {self._shown} because another user owns it: run as its owner, "
                f"or allow it with `git config --system --add safe.directory {self._shown}`"
            )
        if done.returncode and "not a git repository" in said:
            return Place(None, False, "not a git repository")
        if done.returncode:
            raise ToolError(f"git cannot read {self._shown}: {_first_line(done.stderr)}")
        bare, inside, up = os.fsdecode(done.stdout).split("\n", 2)
        if bare == "false" and inside == "true":
            return Place(None, False, "git's own folder")
        return Place((self.folder / up.rstrip("\n")).resolve(), bare == "true", "")

    def read(self, *args: str, timeout: float = 120) -> str:
        """What a git command prints; names that are not UTF-8 keep their bytes as surrogates.

        Raises:
            ToolError: git failed, was not found, or took longer than `timeout` seconds.
        """
        try:
            done = subprocess.run(self._command(*args), capture_output=True, timeout=timeout, check=False, **_how())
        except subprocess.TimeoutExpired:
            raise ToolError(f"git {args[0]} took longer than {timeout:g} s in {self._shown}") from None
        except OSError as error:
            raise ToolError(f"git cannot be started ({error.strerror}): install git") from None
        if done.returncode:
            raise ToolError(f"git {args[0]} failed in {self._shown}: {_first_line(done.stderr)}")
        return os.fsdecode(done.stdout)

    @contextmanager
    def stream(self, *args: str) -> Iterator[IO[bytes]]:
        """The output of a git command, read as it comes. Who leaves early ends the command.

        Raises:
            ToolError: its output was read to the end, and it had failed.
        """
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                self._command(*args), stdout=subprocess.PIPE, stderr=said, bufsize=1 << 16, **_how()
            )
            output = cast("IO[bytes]", process.stdout)
            ended = False
            try:
                yield output
                ended = not output.read(1)
            finally:
                if not ended:
                    process.kill()
                output.close()
                process.wait()
            if ended and process.returncode:
                said.seek(0)
                raise ToolError(f"git {args[0]} failed in {self._shown}: {_first_line(said.read(4096))}")

    @staticmethod
    def environment() -> dict[str, str]:
        """The environment of every git command."""
        return dict(_how()["env"])

    @property
    def _shown(self) -> str:
        return printable(str(self.folder))

    def _command(self, *args: str) -> list[str]:
        switches = [part for switch in _SWITCHES for part in ("-c", switch)]
        return ["git", "--no-pager", "--literal-pathspecs", *switches, "-C", str(self.folder), *args]


def _how() -> dict[str, Any]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {"env": {**kept, **_ENVIRONMENT}, "stdin": subprocess.DEVNULL}


def _first_line(said: bytes) -> str:
    return printable(next(iter(os.fsdecode(said).strip().splitlines()), "no reason given"))
