"""Own work: a person trusts the code of his own repository while he works in it.

It covers edits of code that a trusted server already runs, and nothing else: no new command, variable, template or
policy. It ends at a time, and is suspended when the repository moves to commits that others made. Whether a commit is
his is read from his own reflog (it was made here) and from its author and committer (they are he).
"""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from aether_agents.contracts import Contract
from aether_agents.errors import InvalidSettings

#: Days it lasts unless told otherwise, and at most.
DAYS, MOST_DAYS = 7, 90

#: Commits that are looked at between what was trusted and where the repository stands.
MOST_COMMITS = 1_000

#: What git is told, so that it starts no program that the repository names, and is not lied to about its history.
_QUIETLY = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false"),
    *("-c", "protocol.allow=never", "-c", "core.sshCommand=false", "-c", "core.commitGraph=false"),
)
#: How git's reflog begins the line of a commit that was made here, not fetched.
_MADE_HERE = ("commit", "cherry-pick", "rebase", "revert", "am")


class OwnRepository(Contract):
    """That a person works in a repository of his."""

    owner: str = Field(description="Who, as git calls him: his e-mail.")
    uid: int = Field(description="User id that the repository belonged to.")
    repository: str = Field(description="Top folder of the repository.")
    head: str = Field(description="Commit it stood at; empty before the first.")
    until: datetime = Field(description="When it ends, UTC.")

    def suspended(self, now: datetime | None = None) -> str:
        """Why it does not hold just now; empty while it does."""
        if (now or datetime.now(UTC)) >= self.until:
            return f"it ended on {self.until:%Y-%m-%d %H:%M} UTC"
        top = Path(self.repository)
        try:
            if not _his(top, self.uid):
                return f"{top} belongs to somebody else now"
            head = _head(top)
            return "" if head == self.head else _others(self.repository, self.owner, self.head, head)
        except InvalidSettings as error:
            return str(error)

    def stamp(self) -> tuple[object, ...]:
        """Another one when it may hold no more; asks git nothing."""
        git = Path(self.repository) / ".git"
        found = [place.stat() for place in (git / "HEAD", git / "logs" / "HEAD") if place.exists()]
        return datetime.now(UTC) >= self.until, *((one.st_mtime_ns, one.st_size) for one in found)


def begin(folder: Path, days: int = DAYS) -> OwnRepository:
    """Begin to work in the repository of a folder.

    Raises:
        InvalidSettings: it is no repository, not the caller's own, or git does not know who he is.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidSettings(f"`--days`: from 1 to {MOST_DAYS}")
    top = next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)
    if top is None:
        raise InvalidSettings(f"{folder} lies in no git repository: trust it without --mine")
    uid = os.geteuid()
    if not _his(top, uid):
        raise InvalidSettings(f"{top} belongs to somebody else: --mine is for a repository of your own")
    owner = _git(top, "config", "user.email")
    if not owner:
        raise InvalidSettings("git does not know who you are: git config --global user.email you@example.org")
    until = datetime.now(UTC) + timedelta(days=days)
    return OwnRepository(owner=owner, uid=uid, repository=str(top), head=_head(top), until=until)


def _his(top: Path, uid: int) -> bool:
    return all(place.stat().st_uid == uid for place in (top, top / ".git"))


def _head(top: Path) -> str:
    return _git(top, "rev-parse", "--verify", "--quiet", "HEAD")


@lru_cache(maxsize=256)
def _others(repository: str, owner: str, before: str, head: str) -> str:
    """Which commit between two is not his; empty when all are."""
    top = Path(repository)
    spread = [head, f"^{before}"] if before else [head]
    made = {
        line.split("\t")[0]
        for line in _git(top, "log", "--walk-reflogs", "--format=%H\t%gs", f"-{MOST_COMMITS}", "HEAD").splitlines()
        if line.partition("\t")[2].startswith(_MADE_HERE)
    }
    words = ("log", "--format=%H\t%ae\t%ce\t%an", f"-{MOST_COMMITS + 1}", *spread)
    lines = _git(top, *words, certain=True).splitlines()
    if len(lines) > MOST_COMMITS:
        return f"the repository moved on by more than {MOST_COMMITS:,} commits"
    for line in lines:
        commit, author, committer, name = line.split("\t", 3)
        if (author, committer) != (owner, owner) or commit not in made:
            return f"the repository moved to {commit[:10]}, a commit by {name} that was not made here"
    return ""


def _git(top: Path, *words: str, certain: bool = False) -> str:
    env = {
        **os.environ,
        "GIT_ALLOW_PROTOCOL": "none",  # a commit that is missing is not fetched
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command = ["git", "--no-pager", *_QUIETLY, "-C", str(top), *words]
    try:
        ran = subprocess.run(command, env=env, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidSettings(f"git could not be asked about {top}: {type(error).__name__}") from None
    if ran.returncode and certain:
        raise InvalidSettings(f"git cannot tell whose commits {top} moved to: a part of its history cannot be read")
    return ran.stdout.decode("utf-8", "replace").strip() if ran.returncode == 0 else ""
