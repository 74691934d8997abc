"""Outside: what a playbook reads that does not lie in its own folder, as far as its files name it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workers.inspection.text import read_bounded

#: A path that leads out of a folder: one that goes up or to a home; an absolute one where ansible reads files here
#: (elsewhere it is one of the hosts).
_PATH = r"(?:\{\{[^{}\n]{0,80}\}\}|[^\s'\",;)}\]]){1,300}"
_NAMED = re.compile(
    rf"(?:^|[\s'\"(\[,=:])(?P<up>(?:\.\./|~/){_PATH})"
    rf"|(?:\b(?:src|script|vars_files?|roles?|(?:include|import)_\w{{4,9}}|include|roles_path)\s{{0,4}}[:=]\s{{0,4}}"
    rf"|\b(?:file|template|unvault|fileglob|csvfile|ini)['\"]\s{{0,4}},\s{{0,4}}|^\s{{0,40}}-\s(?=\S+\.ya?ml\s*$))"
    rf"['\"]?(?P<root>/{_PATH})",
    re.MULTILINE,
)
#: Where, beside the file that names it, a path may be meant from.
_FROM = ("", "..", "../files", "../templates", "../vars", "files", "templates")
_TEXTS = frozenset((".yaml", ".yml", ".j2", ".cfg", ""))
_MOST = 8 << 20
#: Folders that a run reads nothing of.
LEFT_OUT = frozenset((".git", ".venv", "venv", "node_modules", "__pycache__", ".ansible", ".terraform"))


class Outside(NamedTuple):
    """What lies elsewhere."""

    files: tuple[Path, ...]  #: that are there, and regular
    unknown: tuple[str, ...]  #: names that are filled in when it runs, or lead to nothing here


def outside(playbook: Path, texts: Iterator[Path], most: int) -> Outside:
    """What these files of a playbook name that lies outside of its folder; at most so many files, and one more."""
    home = playbook.parent.resolve()
    found: dict[Path, None] = {}
    unknown: dict[str, None] = {}
    for text in texts:
        if text.is_symlink() and text.is_dir():
            found.update(dict.fromkeys(_below(text.resolve(), most)))
            continue
        for name in _names(text):
            at = _places(name, text, playbook)
            away = [one for one in at if not one.is_relative_to(home)]
            if at and not away:
                continue
            for one in away:
                found.update(dict.fromkeys(_below(one, most)))
            if not away:
                unknown[name] = None
        if len(found) > most:
            break
    return Outside(tuple(sorted(found)), tuple(sorted(unknown)))


def texts_of(playbook: Path) -> Iterator[Path]:
    """What may name a file elsewhere: every file of the playbook's folder, and links to folders."""
    for at, folders, files in os.walk(playbook.parent):
        folders[:] = sorted(one for one in folders if one not in LEFT_OUT)
        yield from (Path(at, one) for one in folders if Path(at, one).is_symlink())
        yield from (Path(at, one) for one in sorted(files))


def all_outside(playbook: Path, most: int) -> set[Path]:
    """The files elsewhere, with those that these name in turn; at most so many, and some more."""
    known = set[Path]()
    new = set(outside(playbook, texts_of(playbook), most).files)
    while new and len(known) <= most:
        known |= new
        new = set(outside(playbook, iter(new), most).files) - known
    return known


def _names(text: Path) -> Iterator[str]:
    if text.suffix not in _TEXTS or not text.is_file() or text.stat().st_size > _MOST:
        return
    for match in _NAMED.finditer(read_bounded(text, _MOST).decode("utf-8", "replace")):
        yield (match["up"] or match["root"]).rstrip(":.")


def _places(name: str, text: Path, playbook: Path) -> list[Path]:
    """Where something of that name is on this machine."""
    if "{{" in name or "$" in name:
        return []
    path = Path(os.path.expanduser(name))  # noqa: PTH111 - a `~name` that is nobody's is no error here
    if path.is_absolute():
        tried = [path]
    else:
        tried = [root / one / path for root in (text.parent, playbook.parent) for one in _FROM]
    return list(dict.fromkeys(one.resolve() for one in tried if one.exists()))


def _below(path: Path, most: int) -> Iterator[Path]:
    """A regular file, or those in a folder."""
    if path.is_file():
        yield path
        return
    count = 0
    for at, folders, files in os.walk(path):
        folders[:] = sorted(one for one in folders if one != ".git")
        for one in sorted(files):
            if Path(at, one).is_file():
                count += 1
                yield Path(at, one)
                if count > most:
                    return
