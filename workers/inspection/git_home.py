"""Git home: where git keeps a repository, found without obeying anything that is written there.

Only the standard library: it also runs beside `mcp-server-git`, in that program's own environment.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

#: Most of a small file of a git folder that is read, and of a larger one, in bytes.
SMALL, LARGE = 4 << 10, 1 << 20
#: Things in a git folder that are looked at before git is, and folders in it that git does not read here.
MOST = 100_000
_ASIDE = frozenset({"hooks", "modules", "lfs"})


class Elsewhere(Exception):
    """A folder's `.git` leads to a repository somewhere else; the text says how."""


class GitHome(NamedTuple):
    """Where git keeps a repository."""

    folder: Path  #: its git folder; of a linked work tree, its own
    common: Path  #: the git folder with the objects and references
    top: Path | None  #: its work tree; none of a bare repository

    def file(self, name: str) -> Path:
        """A file of the git folder that all its work trees share."""
        return self.common / name


def find_home(folder: Path) -> GitHome | None:
    """The repository that a folder lies in, found without reading any configuration; none if there is none.

    Raises:
        Elsewhere: what should be its git folder leads somewhere else.
    """
    device = folder.stat().st_dev
    for place in (folder, *folder.parents):
        if place.stat().st_dev != device:
            return None  # as git: a file system that is mounted is a world of its own
        if found := _at(place):
            return found
        if _is_git_folder(place):
            own = place.name == ".git" or place != folder
            return None if own else GitHome(place, place, None)
    return None


def _at(place: Path) -> GitHome | None:
    entry = place / ".git"
    real = Path(os.path.realpath(entry))
    if entry.is_symlink() and not real.is_relative_to(place):
        raise Elsewhere(f"`.git` is a link to {real}")
    if real.is_dir() and _is_git_folder(real):
        if (real / "commondir").exists():
            raise Elsewhere("`.git/commondir` leads to another repository")
        return GitHome(real, real, place)
    if real.is_file():
        return _behind(place, entry, small(real).decode("utf-8", "replace"))
    return None


def _behind(place: Path, entry: Path, said: str) -> GitHome | None:
    """The git folder that a file names: a linked work tree's that names it back, a submodule's, or one inside."""
    if not said.startswith("gitdir: "):
        return None
    target = Path(os.path.realpath(place / said.removeprefix("gitdir: ").rstrip("\r\n")))
    common = target.parent.parent
    back = small(target / "gitdir").decode("utf-8", "replace").rstrip("\r\n")
    shared = Path(os.path.realpath(target / small(target / "commondir").decode("utf-8", "replace").strip()))
    linked = (target.parent.name, shared) == ("worktrees", common)
    if linked and back and os.path.realpath(target / back) == os.path.realpath(entry):
        return GitHome(target, common, place)
    outer = find_home(place.parent) if place.parent != place else None
    modules = [outer.folder / "modules", outer.common / "modules"] if outer else []
    if _is_git_folder(target) and any(target.is_relative_to(inside) for inside in (place, *modules)):
        return GitHome(target, target, place)
    raise Elsewhere(f"`.git` leads to {target}, which is no part of it")


def _is_git_folder(place: Path) -> bool:
    return (place / "HEAD").exists() and (place / "objects").is_dir() and (place / "refs").is_dir()


def endless(home: GitHome) -> str:
    """Something in a git folder that would never be read to its end: a pipe, a device. Empty where there is none."""
    waiting, seen = [str(home.folder), str(home.common)], 0
    while waiting and seen < MOST:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if entry.is_dir():
                    waiting += [] if entry.name in _ASIDE else [entry.path]
                elif not entry.is_file() and (mode := _mode(entry.path)) and not stat.S_ISSOCK(mode):
                    return os.path.relpath(entry.path, home.common)
    return ""


def _mode(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_mode  # noqa: PTH116 - of a directory entry
    return 0  # a link that leads nowhere


def small(file: Path, most: int = SMALL) -> bytes:
    """A small regular file; nothing where there is none, or a larger one."""
    with suppress(OSError):
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                content = opened.read(most + 1)
                return content if len(content) <= most else b""
    return b""
