"""What a replacement makes of a repository's files: found by a program that can be killed, written by nobody yet."""

import base64
import difflib
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import named
from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable
from workers.inspection.text import read_bounded

from .matching import LONGEST
from .results import Left
from .tree import WorkTree

MATCHING = Path(__file__).with_name("matching.py")
#: Files given to one run of the matching program: few runs, little lost when one is killed.
CHUNK = 2_000


class Pattern(NamedTuple):
    """What is looked for."""

    text: str
    regex: bool = False
    ignore_case: bool = False


class Edit(NamedTuple):
    """What one file becomes."""

    path: str
    mode: str
    places: int
    new: bytes


def edits_of(tree: WorkTree, pattern: Pattern, replacement: str, job: Job, skipped: list[Left]) -> list[Edit]:
    """What a replacement makes of the tracked files of a repository; what was left out is added to `skipped`."""
    modes = tree.tracked()
    edits: list[Edit] = []
    for answer in matched(tree, list(modes), pattern, job, replacement=replacement):
        edits += [Edit(path, modes[path], count, base64.b64decode(new)) for path, count, new in answer["edits"]]
        skipped += [Left(path=printable(path), why=why) for path, why in answer["skipped"]]
    filtered = tree.filtered([edit.path for edit in edits]) if edits else set()
    skipped += [Left(path=printable(path), why="git passes it through a filter, which is not run") for path in filtered]
    return [edit for edit in edits if edit.path not in filtered]


def matched(
    tree: WorkTree, names: Sequence[str], pattern: Pattern, job: Job, *, replacement: str | None = None, most: int = 0
) -> Iterator[dict[str, Any]]:
    """The answers of the matching program, which is killed when its time is up."""
    for start in range(0, len(names), CHUNK):
        asked = {
            "folder": str(tree.folder), "files": list(names[start : start + CHUNK]), "pattern": pattern.text,
            "regex": pattern.regex, "ignore_case": pattern.ignore_case, "replacement": replacement, "most": most,
        }  # fmt: skip
        try:
            command = [sys.executable, "-I", str(MATCHING)]
            done = job.confined(command, tree.folder, json.dumps(asked).encode(), reads=[MATCHING])
        except Beyond as error:
            raise ToolError(
                f"the search went beyond {error} in {tree.shown}: a simpler pattern, or fewer files"
            ) from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise ToolError(f"the pattern cannot be used: {printable(said[0]) if said else 'no reason given'}")
        yield json.loads(done.stdout)
        job.progress(min(1.0, (start + CHUNK) / max(1, len(names))), tree.shown)


def content_of(tree: WorkTree, edit: Edit) -> bytes:
    """What a file holds before it is edited.

    Raises:
        OSError: it cannot be read, or has become something else.
    """
    return read_bounded(tree.folder / edit.path, LONGEST)


def diff_of(tree: WorkTree, edits: Sequence[Edit]) -> Iterator[str]:
    """The edits as a unified diff, line by line, without control characters."""
    for edit in edits:
        encoding = "utf-16" if edit.new[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        old, new = (content_of(tree, edit).decode(encoding), edit.new.decode(encoding))
        name = printable(edit.path)
        for line in difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"a/{name}", f"b/{name}", n=2, lineterm=""
        ):
            yield printable(line, 500) + "\n"


def digest_of(commit: str, edits: Sequence[Edit | str]) -> str:
    """Names exactly these edits (or digests of edits) on exactly this commit (or branch)."""
    content = [
        edit if isinstance(edit, str) else [edit.path, edit.mode, hashlib.sha256(edit.new).hexdigest()]
        for edit in edits
    ]
    return named(commit, content)
