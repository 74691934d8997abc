"""Searching, previewing, applying and reverting: the four things that are done to repositories here."""

from collections.abc import Sequence

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item
from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from .edits import Edit, Pattern, content_of, diff_of, digest_of, edits_of, matched
from .results import Applied, Change, Committed, Found, Hit, Left, Pending, Preview, Reverted, Undo
from .tree import Standing, WorkTree

MAX_SKIPPED, MAX_ITEMS = 50, 2_000
#: Characters of one repository's diff, of all of them, and of what is shown with a question.
MAX_DIFF, MAX_DIFFS, MAX_SHOWN, MAX_LINE = 60_000, 200_000, 1_300, 120


def search(paths: Sequence[str], pattern: Pattern, most: int, job: Job) -> Found:
    """Every tracked line that matches, over several repositories, at most so many."""
    hits: list[Hit] = []
    skipped: list[Left] = []
    files = 0
    for path in dict.fromkeys(paths):
        tree = WorkTree(path)
        names = list(tree.tracked())
        files += len(names)
        for answer in matched(tree, names, pattern, job, most=most + 1 - len(hits)):
            hits += [
                Hit(repository=tree.shown, file=printable(f), line=n, text=printable(t)) for f, n, t in answer["hits"]
            ]
            skipped += [Left(path=printable(f), why=why) for f, why in answer["skipped"]]
    return Found(hits=hits[:most], truncated=len(hits) > most, files=files, skipped=skipped[:MAX_SKIPPED])


def preview(paths: Sequence[str], pattern: Pattern, replacement: str, branch: str, job: Job) -> Preview:
    """What a replacement would do, and that it could be done.

    Raises:
        ToolError: nothing matches, or a repository is not fit for it; the error names all that are not.
    """
    changes: list[Change] = []
    unchanged: list[str] = []
    skipped: list[Left] = []
    faults: list[str] = []
    for path in dict.fromkeys(paths):
        tree = WorkTree(path)
        standing = tree.standing()
        if fault := unfit(tree, standing, branch):
            faults.append(fault)
            continue
        edits = edits_of(tree, pattern, replacement, job, skipped)
        if not edits:
            unchanged.append(tree.shown)
            continue
        try:
            changes.append(_change(tree, standing, branch, edits))
        except ToolError as error:
            faults.append(str(error))
    if faults:
        raise ToolError("; ".join(faults))
    if not changes:
        raise ToolError(
            f"no tracked text file in {', '.join(unchanged)} has {printable(pattern.text)!r}: nothing to do"
        )
    return Preview(
        changes=changes,
        unchanged=unchanged,
        files=sum(change.files for change in changes),
        replacements=sum(change.replacements for change in changes),
        items=[item for change in changes for item in change.items][:MAX_ITEMS],
        counts=_counts(changes),
        digest=digest_of(branch, [change.digest for change in changes]),
        diff=diffs(changes),
        shown=_shown(changes),
        digests=[change.digest for change in changes],
        skipped=skipped[:MAX_SKIPPED],
    )


def diffs(changes: Sequence[Change | Pending]) -> str:
    """All diffs, one after the other, bounded; before them as whom they are committed, since a screen shows the top."""
    authors = dict.fromkeys(one.author for one in changes)
    by = [f"by {who} in {', '.join(one.path for one in changes if one.author == who)}" for who in authors]
    return cut("\n".join([*by, *(f"{one.path}\n{one.diff}" for one in changes)]), MAX_DIFFS)


def _change(tree: WorkTree, standing: Standing, branch: str, edits: Sequence[Edit]) -> Change:
    author = tree.author().shown
    return Change(
        path=str(tree.folder),
        branch=standing.branch,
        author=author,
        files=len(edits),
        replacements=sum(edit.places for edit in edits),
        digest=digest_of(standing.commit, edits),
        items=[branch_item(tree.shown, branch, standing.branch, author), *_items(tree.shown, edits)],
        diff=cut("".join(diff_of(tree, edits)), MAX_DIFF),
    )


def _counts(changes: Sequence[Change]) -> dict[str, int]:
    files, places = sum(change.files for change in changes), sum(change.replacements for change in changes)
    return {"repositories": len(changes), "files": files, "places": places}


def branch_item(shown: str, branch: str, former: str, author: str) -> Item:
    """The branch that a change makes, with its one commit, and as whom."""
    detail = f"one commit by {author}, from {former}"
    return Item(kind="create", what=f"{shown}: branch {printable(branch)}", detail=detail)


def _items(shown: str, edits: Sequence[Edit]) -> list[Item]:
    return [Item(kind="change", what=f"{shown}/{printable(edit.path)}", detail=_places(edit.places)) for edit in edits]


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def apply(
    path: str, pattern: Pattern, replacement: str, branch: str, message: str, digest: str | None, job: Job
) -> Applied:
    """Make a change: on a new branch, as one commit. The commit is made before anything that can be seen changes.

    Raises:
        ToolError: the repository is not fit for it, the change is not the one of `digest`, or a file cannot be
            written; then everything is as before.
    """
    tree = WorkTree(path)
    standing = tree.standing()
    if fault := unfit(tree, standing, branch):
        raise ToolError(fault)
    edits = edits_of(tree, pattern, replacement, job, [])
    if not edits:
        raise ToolError(f"nothing in {tree.shown} has {printable(pattern.text)!r}")
    if digest is not None and digest != digest_of(standing.commit, edits):
        raise ToolError(f"{tree.shown} is no longer what was previewed: preview it again")
    blobs = {edit.path: (edit.mode, tree.blob(edit.path, edit.new)) for edit in edits}
    commit = tree.commit(blobs, standing.commit, message)
    _replace(tree, edits)
    tree.run("update-ref", f"refs/heads/{branch}", commit, "0" * len(commit))
    tree.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    tree.stage(blobs)
    args = {"path": str(tree.folder), "branch": branch, "commit": commit, "former": standing.branch}
    return Applied(
        **args,
        base=standing.commit,
        files=[printable(edit.path) for edit in edits],
        replacements=sum(edit.places for edit in edits),
        undo=Undo(tool="repos/revert", args=args),
    )


def revert(path: str, branch: str, commit: str, former: str) -> Reverted:
    """Go back to the former branch and delete the new one, if nothing else was done on either.

    Raises:
        ToolError: something else was; the error says what, and nothing is changed.
    """
    tree = WorkTree(path)
    standing, tip = tree.standing(), tree.tip(branch)
    if not tip and standing.branch == former:
        return Reverted(path=str(tree.folder), branch=former, deleted=branch, done=False)
    base = tree.run("rev-parse", f"{commit}^").decode().strip() if tip == commit else ""
    faults = {
        f"`{branch}` is not at {commit[:12]} any more: something else was committed on it": tip != commit,
        f"`{former}` has moved on since": tip == commit and tree.tip(former) != base,
        f"`{standing.branch}` is checked out": standing.branch not in (branch, former),
        f"{standing.dirty} files have changes that are in no commit": standing.dirty > 0,
    }
    if told := [fault for fault, holds in faults.items() if holds]:
        raise ToolError(f"{tree.shown} is not put back: {'; '.join(told)}")
    if standing.branch == branch:
        names = tree.read("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, commit).split("\0")
        before = tree.entries(base, [name for name in names if name])
        _replace(tree, [Edit(name, mode, 0, tree.content(base, name)) for name, (mode, _) in before.items()])
        tree.run("symbolic-ref", "HEAD", f"refs/heads/{former}")
        tree.stage(before)
    tree.run("update-ref", "-d", f"refs/heads/{branch}", commit)
    return Reverted(path=str(tree.folder), branch=former, deleted=branch, done=True)


def committed(path: str, branch: str, commit: str) -> Committed:
    """What git says of a commit on its branch."""
    tree = WorkTree(path)
    standing, tip = tree.standing(), tree.tip(branch)
    told = tree.read("diff-tree", "-r", "-z", "--name-only", "--no-renames", f"{commit}^", commit) if tip else ""
    return Committed(
        path=str(tree.folder),
        holds=tip == commit and standing.branch == branch and not standing.dirty,
        branch=standing.branch,
        tip=tip,
        files=[printable(name) for name in told.split("\0") if name],
        dirty=standing.dirty,
    )


def unfit(tree: WorkTree, standing: Standing, branch: str, *, clean: bool = True) -> str:
    """Why a repository cannot get a new branch now, and the fix; empty when it can. `clean`: all must be committed."""
    named = tree.is_name(branch)
    faults = (
        (not named, f"{printable(branch)!r} is no name of a branch"),
        (not standing.commit, f"{tree.shown} has no commit yet: make one"),
        (not standing.branch, f"{tree.shown} has no branch checked out: check one out"),
        (standing.under_way, f"{tree.shown} has something under way ({standing.under_way}): end it first"),
        (
            clean and standing.dirty,
            f"{tree.shown} has {standing.dirty} changed files that are in no commit: commit them first",
        ),
        (named and tree.tip(branch), f"{tree.shown} has a branch `{branch}` already: name another"),
    )
    return next((told for holds, told in faults if holds), "")


def _replace(tree: WorkTree, edits: Sequence[Edit]) -> None:
    """Write files, all or none."""
    before: list[tuple[str, bytes]] = []
    try:
        for edit in edits:
            before.append((edit.path, content_of(tree, edit)))
            tree.write(edit.path, edit.new)
    except (OSError, ToolError):
        for path, content in before:
            tree.write(path, content)
        raise


def _shown(changes: Sequence[Change]) -> list[str]:
    """As much of the diffs as a question has room for, each repository with its share."""
    lines: list[str] = []
    room = max(120, MAX_SHOWN // len(changes))
    for change in changes:
        lines.append(f"{change.path}: {change.replacements} in {change.files} files on {change.branch}"[:MAX_LINE])
        lines.append(f"  by {change.author}"[:MAX_LINE])
        diff, used, count = change.diff.splitlines(), 0, 0
        while count < len(diff) and used + len(diff[count]) < room:
            lines.append(diff[count][:MAX_LINE])
            used += len(lines[-1]) + 8
            count += 1
        if count < len(diff):
            lines.append(f"… {len(diff) - count} more lines: see the report")
    return lines


def cut(text: str, most: int) -> str:
    """A text of at most so many characters; what is left out is counted."""
    return text if len(text) <= most else text[:most] + f"\n… cut: {len(text) - most} more characters\n"
