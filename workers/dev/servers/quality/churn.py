"""Churn: how often each file changed lately."""

import time
from dataclasses import dataclass

from workers.inspection.git import printable
from workers.inspection.repository import Repository

#: Commits that are counted at most.
MAX_COMMITS = 20_000


@dataclass(frozen=True)
class Churn:
    """What the recent history says."""

    commits: int  #: commits in the time asked for
    authors: int  #: different authors of them
    changes: dict[str, int]  #: commits by file


def read_churn(repository: Repository, days: int) -> Churn | None:
    """The changes of the last so many days, or None without a history.

    Raises:
        ToolError: git failed.
    """
    if not repository.is_git or not repository.git.read("for-each-ref", "--count=1", "--format=%(refname)").strip():
        return None
    if not repository.git.read("rev-parse", "--revs-only", "HEAD").strip():
        return None
    since = f"--since=@{int(time.time()) - days * 86_400}"
    within = [] if repository.top == repository.folder else ["--relative", "--", "."]
    said = repository.git.read(
        "log", since, f"--max-count={MAX_COMMITS}", "--no-merges", "--no-renames", "--no-show-signature", "--no-notes",
        "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--name-only", "-z",
        "--format=%x01%ae", *within,
    )  # fmt: skip
    authors: set[str] = set()
    changes: dict[str, int] = {}
    chunks = said.split("\x01")[1:]
    for chunk in chunks:
        author, *names = chunk.split("\0")
        authors.add(author)
        for name in filter(None, (name.removeprefix("\n") for name in names)):
            changes[printable(name)] = changes.get(printable(name), 0) + 1
    return Churn(len(chunks), len(authors), changes)
