"""FolderContent: what lies in a folder and counts, file by file, in bounded work.

Which files count is said from outside (`mcp_host.trust.runnable_files`); a link counts as the name it has. Links are
followed where they lead out of the folder, so what they point to counts as well. Only `.git` is left out, whose content
git alone writes, and the one folder that is given as `without`.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from aether_agents.errors import InvalidSettings

#: What a folder may have and still be watched: a project with a virtual environment or `node_modules` of usual size.
MOST_FILES, MOST_BYTES = 20_000, 512 << 20
#: Files looked at, counted or not.
MOST_LOOKED_AT = 200_000
#: Hexadecimal digits kept of a file's hash: 128 bits.
DIGITS = 32
#: Seconds a file must have been left alone before its times are proof that it is the same.
SETTLED = 2.0


class Item(NamedTuple):
    """A file, folder, link or other thing in a tree."""

    name: str  #: with its path, below the folder, or whole where a link led out
    path: str
    stat: os.stat_result


class FolderContent:
    """The content of one folder, at the moment it is asked for."""

    def __init__(self, folder: Path, without: Path | None = None, counts: Callable[[str], bool] | None = None) -> None:
        """`counts` is asked about each file, by its name with its path; without it, all count."""
        self._folder = os.path.realpath(folder)
        self._without = os.path.realpath(without) if without else ""
        self._counts = counts or (lambda _: True)

    def size(self) -> tuple[int, int]:
        """How many files it has, and their bytes.

        Raises:
            InvalidSettings: it is too large.
        """
        sizes = [item.stat.st_size for item in self._items() if not stat.S_ISDIR(item.stat.st_mode)]
        return len(sizes), sum(sizes)

    def contents(self) -> dict[str, str]:
        """A hash over kind and content of each thing that counts, by its path.

        Raises:
            InvalidSettings: it is too large.
        """
        found: dict[str, str] = {}
        for item in self._items():
            if stat.S_ISDIR(item.stat.st_mode):
                continue  # an empty folder runs nothing
            kind = stat.S_IFMT(item.stat.st_mode) | item.stat.st_mode & 0o111
            content = b"%o\0" % kind + _content(item)
            found[item.path] = hashlib.sha256(content).hexdigest()[:DIGITS]
        return found

    def stamp(self) -> bytes:
        """Another one after any change; what it costs is a look at each file, which is not read.

        Raises:
            InvalidSettings: it is too large.
        """
        whole = hashlib.sha256()
        for name, _, found in self._items():
            if stat.S_ISDIR(found.st_mode):
                continue  # its times tell of what is in it, which is looked at itself
            times = (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            whole.update(os.fsencode(name) + repr(times).encode())
        return whole.digest()

    def _items(self) -> Iterator[Item]:
        """Everything that counts, in an order that depends on the names alone."""
        roots, seen, count, looked, size = [self._folder], {self._folder}, 0, 0, 0
        meant = {self._folder}  # where a link that counts leads: then that counts, whatever it is called
        while roots:
            root = roots.pop(0)
            for item in self._below(root):
                looked += 1
                if looked > MOST_LOOKED_AT:
                    raise InvalidSettings(_too_large(self._folder, root))
                linked = stat.S_ISLNK(item.stat.st_mode)
                folder = stat.S_ISDIR(item.stat.st_mode)
                if not (folder or linked or item.path in meant or self._counts(item.name)):
                    continue
                count, size = count + 1, size + item.stat.st_size
                if count > MOST_FILES or size > MOST_BYTES:
                    raise InvalidSettings(_too_large(self._folder, root))
                yield item
                if linked:
                    target = os.path.realpath(item.path)
                    if self._counts(item.name):
                        meant.add(target)
                    if target not in seen and (target in meant or not self._holds(root, target)):
                        seen.add(target)
                        roots.append(target)

    def _below(self, root: str) -> Iterator[Item]:
        pending = [root]
        while pending:
            path = pending.pop()
            found = _look(path)
            if found is None or path == self._without:
                continue
            yield Item(path[len(self._folder) :] if root == self._folder else path, path, found)
            if stat.S_ISDIR(found.st_mode):
                pending += _children(path)

    def _holds(self, root: str, target: str) -> bool:
        """Whether a walk of the root comes by the target anyway."""
        inside = target == root or target.startswith(root.rstrip(os.sep) + os.sep)
        return inside and ".git" not in Path(target[len(root) :]).parts


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None  # it went away, or may not be seen by us, and so not by a server either


def _children(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted((entry.path for entry in entries if entry.name != ".git"), reverse=True)
    except OSError:
        return []


def _content(item: Item) -> bytes:
    """What counts of one thing: a link's text, the hash of a file; of what else there is its kind alone."""
    found = item.stat
    try:
        if stat.S_ISLNK(found.st_mode):
            return bytes(Path(item.path).readlink())
        if not stat.S_ISREG(found.st_mode):
            return b""
        key = (item.path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        settled = time.time() - max(found.st_ctime, found.st_mtime) > SETTLED
        return (_hashed if settled else _hashed.__wrapped__)(*key)
    except OSError:
        return b"unreadable"


@lru_cache(maxsize=2 * MOST_FILES)
def _hashed(path: str, *_times: int) -> bytes:
    """The hash of a regular file. Remembered for as long as nothing of its inode changes."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would hold us
    with os.fdopen(handle, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _too_large(folder: str, root: str) -> str:
    by = "" if root == folder else f", by what a link in it leads to ({root})"
    return (
        f"{folder}: too large to be watched{by}: over {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB, any "
        "of which its servers could run; put the server into <AETHER_HOME>/mcp.json, which is yours alone, or move its "
        "file to a folder of its own"
    )
