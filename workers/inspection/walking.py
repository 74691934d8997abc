"""Walking a folder as the file system has it: git, which can be told to hide files, is not asked what is there."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from workers.inspection.git import printable

#: Folders that hold the work of others, installed: a large one that git does not track is a gap, as it would take
#: longer than all the rest. A small one is looked at like any other folder: something may have been hidden in it.
INSTALLED = frozenset(
    (
        *(".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "bower_components", "site-packages"),
        *(".mypy_cache", ".gradle", ".terraform"),
    )
)
SMALL_FILES, SMALL_BYTES = 200, 4 << 20
#: Folders and files of one walk.
MAX_WALKED = 400_000
#: What git's own store is made of; anything else beside it is a file like others.
_STORE = re.compile(
    r"objects/([0-9a-f]{2}/[0-9a-f]{38,62}|info/(packs|commit-graph|alternates)|info/commit-graphs/.+"
    r"|pack/(pack-[0-9a-f]{40,64}\.(pack|idx|rev|bitmap|keep|promisor|mtimes)|multi-pack-index.*))"
    r"|refs/.+|logs/.+|HEAD|ORIG_HEAD|FETCH_HEAD|packed-refs|index|info/(refs|exclude)|hooks/[a-z-]+\.sample"
)

#: Why something is not looked at that the caller named.
LEFT_OUT = "left out, as you said"
Left = tuple[str, str, bool, Literal["the repository", "a limit of ours", "the machine", "you"]]


def is_below(path: str, folder: str) -> bool:
    """Whether a path is that of a folder, or lies in it."""
    return path == folder or path.startswith(f"{folder}/") or folder in (".", "")


class Walk:
    """One walk over all files of a folder; links are named and not followed."""

    def __init__(self, folder: Path, tracked: frozenset[str], leave_out: Sequence[str] = ()) -> None:
        """`tracked`: what git tracks; a folder of others' work is walked through where it tracks something in it."""
        self.left: list[Left] = []
        self.inner: list[str] = []  #: repositories inside, relative to the folder
        self._folder = folder
        self._leave_out = [one for one in leave_out if one]
        self._tracked = tracked
        self._kept = {parent for path in tracked for parent in _parents(path)}
        self._walked = 0

    def paths(self) -> Iterator[str]:
        """Every path that is no folder, in order, relative to the folder."""
        waiting = [""]
        while waiting:
            if self._walked > MAX_WALKED:
                bound = f"the rest of the folder: beyond the bound of {MAX_WALKED} files and folders"
                self.left.append((printable(waiting[-1] or "."), bound, True, "a limit of ours"))
                return
            here = waiting.pop()
            folders = []
            for name, is_folder in self._listed(here):
                path = f"{here}/{name}" if here else name
                if any(is_below(path, left) for left in self._leave_out):
                    self.left.append((path, LEFT_OUT, False, "you"))
                elif name == ".git":
                    if here:
                        self.inner.append(here)
                elif not is_folder:
                    yield path
                elif self._is_wanted(path):
                    folders.append(path)
            waiting.extend(reversed(folders))

    def _listed(self, here: str) -> list[tuple[str, bool]]:
        try:
            with os.scandir(self._folder / here) as found:
                listed = sorted((one.name, one.is_dir(follow_symlinks=False)) for one in found)
        except OSError as error:
            self.left.append((here or ".", f"cannot be listed: {error.strerror}", True, "the machine"))
            return []
        self._walked += len(listed)
        names = {name for name, _ in listed}
        if {"HEAD", "objects", "refs"} <= names and ".git" not in names:
            if here:
                self.inner.append(here)
            return self._beside_store(here)
        return listed

    def _beside_store(self, here: str) -> list[tuple[str, bool]]:
        """What lies in the folder of a bare repository and is no part of git's store, by its whole path."""
        top, found = self._folder / here, list[tuple[str, bool]]()
        for place, _, names in os.walk(top):
            below = [os.path.relpath(os.path.join(place, name), top) for name in names]  # noqa: PTH118 - many of them
            self._walked += len(below)
            found += [(path, False) for path in below if not _STORE.fullmatch(path)]
        return sorted(found)

    def _is_wanted(self, path: str) -> bool:
        if path.rpartition("/")[2] not in INSTALLED or path in self._kept:
            return True
        files, size = 0, 0
        for place, _, names in os.walk(self._folder / path):
            for name in names:
                files += 1
                try:
                    size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - many of them
                except OSError:
                    continue
            if files > SMALL_FILES or size > SMALL_BYTES:
                why = "others' work, installed here, and much of it; leave it out, or give its path to look into it"
                self.left.append((path, why, True, "a limit of ours"))
                return False
        return True


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
