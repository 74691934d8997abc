"""What of a repository is in no commit: what `mcp-server-git` would be asked to commit, looked at before it is."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.bounded_job import Job
from workers.inspection.git import printable
from workers.inspection.text import opened, read_bounded

from .changing import MAX_DIFF, MAX_DIFFS, MAX_ITEMS, MAX_LINE, MAX_SHOWN, MAX_SKIPPED, branch_item, cut, diffs, unfit
from .results import Left, Pending, PendingChanges
from .tree import WorkTree

#: Files of one repository, and bytes in them: they are named one by one to `git_add`, and each is read.
MAX_PENDING, MAX_BYTES = 500, 256 << 20
#: Lines that a question takes, beside those of repositories without a change.
MAX_LINES = 400
#: Hooks that a commit by hand runs, and `git_commit` does not: they are whatever the repository brought.
_HOOKS = ("pre-commit", "commit-msg", "post-commit")
_PROGRAMS = {"filter": ("clean", "smudge", "process"), "diff": ("command", "textconv", "external")}


class Entry(NamedTuple):
    """One file that is not as committed."""

    path: str
    staged: str  #: what git's short status says of the index
    there: str  #: … and of the work tree

    @property
    def kind(self) -> str:
        """`new`, `deleted` or `changed`."""
        codes = self.staged + self.there
        return "new" if "?" in codes or "A" in codes else "deleted" if "D" in codes else "changed"


def changes(paths: Sequence[str], branch: str, digests: Sequence[str] | None, job: Job) -> PendingChanges:
    """What would be committed in each repository, and that it could be, on a new branch.

    Raises:
        ToolError: nowhere is anything to commit, a repository is not fit for it, or (with `digests`) it is no longer
            what it was; the error names all that are not.
    """
    found: list[Pending] = []
    unchanged: list[str] = []
    skipped: list[Left] = []
    faults: list[str] = []
    for number, path in enumerate(names := list(dict.fromkeys(paths))):
        job.progress(number / len(names), printable(path))
        tree = WorkTree(path)
        try:
            one = _pending(tree, branch, skipped, job)
        except ToolError as error:
            faults.append(str(error))
            continue
        if one is None:
            unchanged.append(tree.shown)
        else:
            found.append(one)
    if faults:
        raise ToolError("; ".join(faults))
    if not found:
        raise ToolError(f"nothing to commit: no file is new, changed or deleted in {', '.join(unchanged)}")
    if digests is not None and list(digests) != [one.digest for one in found]:
        raise ToolError("the files are no longer as they were when they were shown: look at them again")
    return PendingChanges(
        changes=found,
        to_add=[one for one in found if one.add],
        unchanged=unchanged,
        files=sum(len(one.files) for one in found),
        items=[item for one in found for item in one.items][:MAX_ITEMS],
        counts={"repositories": len(found), "files": sum(len(one.files) for one in found)},
        digest=named(branch, *(one.digest for one in found)),
        diff=diffs(found),
        new=cut("\n".join(one.new for one in found if one.new), MAX_DIFFS),
        shown=_shown(found, branch) + [f"{name}: nothing to commit"[:MAX_LINE] for name in unchanged],
        digests=[one.digest for one in found],
        skipped=skipped[:MAX_SKIPPED],
    )


def entries(tree: WorkTree) -> Iterator[Entry]:
    """Every file that is not as committed, but nothing of submodules."""
    said = tree.read(
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all"
    )
    for line in filter(None, said.split("\0")):
        yield Entry(line[3:], line[0], line[1])


def _pending(tree: WorkTree, branch: str, skipped: list[Left], job: Job) -> Pending | None:
    standing = tree.standing()
    known = list(entries(tree))
    own = [one for one in known if not one.path.endswith("/")]
    inner = [one.path for one in known if one.path.endswith("/")]
    skipped += [Left(path=f"{tree.shown}/{printable(path)}", why="a repository of its own") for path in inner]
    if not own:
        return None
    if fault := unfit(tree, standing, branch, clean=False) or _program(tree):
        raise ToolError(fault)
    if faults := list(_faults(tree, own)):
        raise ToolError(f"{tree.shown}: {'; '.join(faults[:5])}")
    author = tree.author().shown
    fresh = [one.path for one in own if one.staged == "?"]
    new = "".join(_text(tree, path) for path in fresh)
    return Pending(
        path=str(tree.folder),
        branch=standing.branch,
        base=standing.commit,
        files=[one.path for one in own],
        staged=[one.path for one in own if one.staged not in " ?"],
        add=[one.path for one in own if one.staged in " ?"],
        kinds={printable(one.path): one.kind for one in own},
        hooks=_hooks(tree),
        author=author,
        digest=_digest(tree, standing.branch, standing.commit, own, job),
        items=[branch_item(tree.shown, branch, standing.branch, author), *_items(tree.shown, own)],
        diff=cut(tree.diff([one.path for one in own if one.staged != "?"]) + new, MAX_DIFF),
        new=cut(new, MAX_DIFF),
    )


def _items(shown: str, own: Sequence[Entry]) -> list[Item]:
    """Each file as it comes into the commit: nothing in the folder itself is touched."""
    return [
        Item(
            kind="create" if one.kind == "new" else "change",
            what=f"{shown}/{printable(one.path)}",
            detail="deleted" if one.kind == "deleted" else "",
        )
        for one in own
    ]


def _faults(tree: WorkTree, own: Sequence[Entry]) -> Iterator[str]:
    """Why these files cannot be committed as they are, and the fix."""
    if len(own) > MAX_PENDING:
        yield f"{len(own)} files are in no commit, more than {MAX_PENDING}: commit them by hand, or ignore some"
        return
    for one in own:
        name = printable(one.path)
        if (one.staged not in " ?" and one.there != " ") or one.there == "A":
            yield f"{name} is staged and has changed since: stage it again, or unstage it"
        elif one.path.encode("utf-8", "replace") != os.fsencode(one.path):
            yield f"the name of {name} is not UTF-8: rename it, or commit it by hand"
        elif not Path(os.path.realpath(tree.folder / one.path)).is_relative_to(tree.folder):
            yield f"{name} is a link that leaves the repository: commit it by hand"
    for path in sorted(tree.filtered([one.path for one in own])):
        yield f"git passes {printable(path)} through a filter, which is not run here: commit it by hand"


def _program(tree: WorkTree) -> str:
    """The program of the repository's own configuration that looking at it or adding to it would run, if one is."""
    for key in tree.settings():
        kind, _, rest = key.partition(".")
        if rest.rpartition(".")[2] in _PROGRAMS.get(kind, ()):
            return (
                f"{tree.shown}: its own configuration names a program that git would run ({printable(key)}): "
                "move that to your own configuration, or commit by hand"
            )
    return ""


def _hooks(tree: WorkTree) -> list[str]:
    """The hooks that a commit by hand would run there."""
    set_to = tree.configured("core.hooksPath")
    folder = tree.folder / Path(set_to).expanduser() if set_to else tree.git_home.common / "hooks"
    return [name for name in _HOOKS if os.access(folder / name, os.X_OK)]


def _digest(tree: WorkTree, branch: str, commit: str, own: Sequence[Entry], job: Job) -> str:
    """Names exactly these files as they are now, on exactly this commit of this branch."""
    seen: list[list[object]] = []
    room = MAX_BYTES
    for one in own:
        place = tree.folder / one.path
        try:
            known = os.lstat(place)
        except FileNotFoundError:
            seen.append([one.path, one.staged, one.there, None])
            continue
        room -= known.st_size
        if room < 0 or job.out_of_time:
            bound = f"{MAX_BYTES >> 20} MiB" if room < 0 else f"{job.seconds:g} s"
            raise ToolError(f"{tree.shown}: its changed files are beyond the bound of {bound}: commit them by hand")
        if stat.S_ISLNK(known.st_mode):
            content = os.fsencode(place.readlink())
        elif stat.S_ISREG(known.st_mode):
            content = read_bounded(place, MAX_BYTES)
        else:
            raise ToolError(f"{tree.shown}: {printable(one.path)} is no regular file")
        mode = stat.S_IFMT(known.st_mode) | (known.st_mode & 0o100)
        seen.append([one.path, one.staged, one.there, mode, hashlib.sha256(content).hexdigest()])
    return named(branch, commit, seen)


def _text(tree: WorkTree, path: str) -> str:
    """A new file as a diff shows it; `git diff` says nothing of it before it is added."""
    name, place = printable(path), tree.folder / path
    if place.is_symlink():
        return f"+++ b/{name}\n+(a link to {printable(str(place.readlink()))})\n"
    with opened(place) as file:
        content = file.read(MAX_DIFF + 1)
    if b"\0" in content[:8192]:
        return f"+++ b/{name}\n+(not text, {place.stat().st_size} bytes)\n"
    lines = content.decode("utf-8", "replace").splitlines()
    return "".join([f"+++ b/{name}\n", *(f"+{printable(line, 500)}\n" for line in lines)])


def _shown(found: Sequence[Pending], branch: str) -> list[str]:
    """As much as a question has room for, each repository with its share."""
    lines: list[str] = []
    room = max(120, MAX_SHOWN // len(found))
    for one in found:
        files = "1 file" if len(one.files) == 1 else f"{len(one.files)} files"
        lines.append(f"{printable(one.path)}: {files}, from {one.branch} to {branch}"[:MAX_LINE])
        if one.hooks:
            lines.append(f"  its own hooks will not run: {', '.join(one.hooks)}")
        lines.append(f"  by {one.author}"[:MAX_LINE])
        used, count = 0, 0
        for name, kind in one.kinds.items():
            line = f"  {kind} {name}"[:MAX_LINE]
            if used + len(line) + 8 > room:
                break
            lines.append(line)
            used, count = used + len(line) + 8, count + 1
        if count < len(one.files):
            lines.append(f"  … {len(one.files) - count} more: see the report")
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], "… more: see the report"]
