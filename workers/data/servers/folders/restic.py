"""restic as a program: snapshots of a repository, whose password stands in a file only you can read."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable

_TAG = "aether:"
#: What restic may know of the worker's environment: where a repository at a cloud is, and who may write there.
_PASSED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "SSH_AUTH_SOCK")
#: restic's exit code where some files could not be read: there is a snapshot, and it is not whole.
NOT_WHOLE = 3
#: Characters that are told of one line of restic's.
_LINE = 200


class Snapshot(NamedTuple):
    """One snapshot."""

    id: str
    time: str
    paths: list[str]
    digest: str  #: of the folder when it was made; empty if nobody noted it


class Restic:
    """One repository, for one call."""

    def __init__(self, repository: str, password_file: str, job: Job) -> None:
        secret = Path(password_file)
        try:
            if secret.stat().st_mode & 0o077:
                raise ToolError(f"others may read `{printable(password_file)}`: chmod 600 it")
        except OSError as error:
            raise ToolError(
                f"the password file `{printable(password_file)}` cannot be read: {error.strerror}. Write a long one "
                "into it, and keep it elsewhere, too: without it the backups are lost"
            ) from None
        self.repository, self.job, self._secret = repository, job, secret

    def exists(self) -> bool:
        """Whether there is a repository. A local one is looked for; any other is asked."""
        if self._local():
            return (Path(self.repository) / "config").is_file()
        return self.run("cat", "config", check=False)[0] == 0

    def make(self) -> None:
        """A new repository."""
        if self._local():
            Path(self.repository).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.run("init")

    def snapshots(self, folder: str = "") -> list[Snapshot]:
        """The snapshots of a folder, the oldest first."""
        told = json.loads(self.run("snapshots", "--json")[1] or "[]") or []
        found = [
            Snapshot(one["id"], one["time"], one["paths"], _digest(one.get("tags") or []))
            for one in told
            if not folder or one["paths"] == [folder]
        ]
        return sorted(found, key=lambda one: one.time)

    def snapshot(self, wanted: str) -> Snapshot:
        """One snapshot by its id.

        Raises:
            ToolError: it is not there.
        """
        found = [one for one in self.snapshots() if one.id == wanted]
        if not found:
            raise ToolError(f"`{printable(self.repository)}` has no snapshot {printable(wanted, 12)} any more")
        return found[0]

    def back_up(self, folder: Path, digest: str) -> tuple[str, int]:
        """The id of a new snapshot, and restic's exit code."""
        args = ["backup", "--json", "--tag", f"{_TAG}{digest}", "--", str(folder)]
        code, out = self.run(*args, check=False)
        last = out.strip().splitlines()[-1] if out.strip() else "{}"
        short = str(json.loads(last).get("snapshot_id", "")) if last.startswith("{") else ""
        full = next((one.id for one in reversed(self.snapshots(str(folder))) if one.id.startswith(short)), "")
        if not short or not full:
            raise ToolError(f"restic made no snapshot: {printable(out[-300:])}")
        return full, code

    def forget(self, snapshot: str) -> None:
        """Take a snapshot away, with what only it holds."""
        self.run("forget", "--prune", snapshot)

    def restore(self, snapshot: Snapshot, target: Path) -> None:
        """All of a snapshot into a folder that is not there, at once or not at all."""
        inside = Path(snapshot.paths[0])
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as part:
            self.run("restore", snapshot.id, "--target", part)
            made = Path(part) / inside.relative_to(inside.anchor)
            if not made.is_dir():
                raise ToolError(f"the snapshot {snapshot.id[:8]} holds no folder {printable(str(inside))}")
            made.rename(target)

    def run(self, *args: str, check: bool = True) -> tuple[int, str]:
        """One run.

        Raises:
            ToolError: restic failed, is not there, or took too long.
        """
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        environment["HOME"] = os.environ.get("HOME", "/")
        command = ["restic", "-r", self.repository, "--password-file", str(self._secret), "--no-cache", *args]
        try:
            done = self.job.program(command, Path("/"), environment=environment)
        except FileNotFoundError:
            raise ToolError("`restic` is not installed on this machine: install the package `restic`") from None
        except Beyond as error:
            raise ToolError(f"restic was ended: it went beyond {error}") from None
        whole = done.stderr.decode("utf-8", "replace").strip()
        said = printable(_both_ends(whole), 3 * _LINE)
        if done.returncode and (check or done.returncode != NOT_WHOLE):
            if not check and args[0] == "cat":
                return done.returncode, ""
            raise ToolError(f"{printable(self.repository)}: {said or 'restic failed'}{_advice(whole)}")
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def _local(self) -> bool:
        return self.repository.startswith("/")


def _digest(tags: list[Any]) -> str:
    return next((str(tag).removeprefix(_TAG) for tag in tags if str(tag).startswith(_TAG)), "")


def _both_ends(said: str) -> str:
    """Its first lines, each without its middle: restic names long paths before the reason."""
    lines = [line for line in said[:8_000].splitlines() if line.strip()][:3]
    return "; ".join(line if len(line) <= _LINE else f"{line[: _LINE // 3]}…{line[-_LINE // 2 :]}" for line in lines)


def _advice(said: str) -> str:
    low = said.lower()
    if "wrong password" in low or "no key found" in low:
        return ". The password file is not the one that this repository was made with"
    if "no space left" in low:
        return ". Free some space, then run the task again: no snapshot was made"
    if "is already locked" in low:
        return ". Somebody else works with it, or was killed while he did: wait, or run `restic unlock`"
    return ""
