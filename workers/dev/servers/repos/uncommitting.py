"""Taking a commit back so that its changes are uncommitted again. No file of the work tree is touched."""

import re

from mcp.server.mcpserver.exceptions import ToolError

from .pending import entries
from .results import Uncommitted
from .tree import Standing, WorkTree


def uncommit(path: str, branch: str, former: str, base: str, staged: list[str], commit: str) -> Uncommitted:
    """Go back to the former branch, the changes uncommitted as they were, and delete the branch made for them.

    It puts back whatever was done of it: the branch made, checked out, added to, committed on.

    Raises:
        ToolError: something else was done since; the error says what, and nothing is changed.
    """
    tree = WorkTree(path)
    standing, tip = tree.standing(), tree.tip(branch)
    if not tip and standing.branch == former:
        return Uncommitted(path=str(tree.folder), branch=former, deleted=branch, done=False)
    made = tip if tip and tip != base else ""
    if told := [fault for fault, holds in _faults(tree, standing, (branch, tip, made), former, base, commit) if holds]:
        raise ToolError(f"{tree.shown} is not put back: {'; '.join(told)}")
    if standing.branch == branch:
        tree.run("symbolic-ref", "HEAD", f"refs/heads/{former}")
    _unstage(tree, base, set(staged), made)
    tree.run("update-ref", "-d", f"refs/heads/{branch}", tip)
    return Uncommitted(path=str(tree.folder), branch=former, deleted=branch, done=True)


def _faults(
    tree: WorkTree, standing: Standing, made_on: tuple[str, str, str], former: str, base: str, commit: str
) -> list[tuple[str, bool]]:
    """What may have been done since, and whether it was."""
    branch, tip, made = made_on
    named = set(re.findall(r"\b[0-9a-f]{40,64}\b", commit))
    others = bool(made) and (made not in named or _parents(tree, made) != [base])
    both = [one for one in entries(tree) if one.staged not in " ?" and one.there != " "] if not made else []
    return [
        (f"there is no branch `{branch}`", not tip),
        (f"something else was committed on `{branch}`", others),
        (f"`{former}` has moved on since", tree.tip(former) != base),
        (f"`{standing.branch}` is checked out", standing.branch not in (branch, *(() if made else (former,)))),
        (f"{standing.under_way} has not ended", bool(standing.under_way)),
        (f"{standing.dirty} files have changes that are in no commit", bool(made) and standing.dirty > 0),
        (f"{len(both)} files are staged and have changed since", bool(both)),
    ]


def _parents(tree: WorkTree, commit: str) -> list[str]:
    return tree.read("rev-list", "--parents", "--max-count=1", commit).split()[1:]


def _unstage(tree: WorkTree, base: str, staged: set[str], made: str) -> None:
    """Give the index back what it had: of what was added, only what had been staged before."""
    how = ("diff-tree", "-r", base, made) if made else ("diff-index", "--cached", base)
    said = tree.read(how[0], "-z", "--name-only", "--no-renames", *how[1:])
    names = [name for name in said.split("\0") if name and name not in staged]
    if not names:
        return
    before = tree.entries(base, names)
    tree.stage({name: before.get(name, ("0", "0" * len(base))) for name in names})
