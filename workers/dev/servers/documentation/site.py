"""Site: a folder of pages that `build` made. It knows its files by their hashes: no other is ever taken away."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import read_bounded

#: The list of its files, in the folder itself.
LIST = ".documentation.json"
MAX_LIST = 4 << 20
_MAX_PAGE = 256 << 20


class Site:
    """A folder for pages.

    Raises:
        ToolError: its path is not absolute.
    """

    def __init__(self, folder: str) -> None:
        place = Path(folder).expanduser()
        if not place.is_absolute() or ".." in place.parts:
            raise ToolError(f"{printable(folder)!r} is not an absolute path: give the whole path of the folder")
        self.folder = place.parent.resolve() / place.name

    @property
    def shown(self) -> str:
        """The folder, for people."""
        return printable(str(self.folder))

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """A folder beside it to write into, gone at the end.

        Raises:
            ToolError: it cannot be made.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            stage = Path(tempfile.mkdtemp(prefix=".documentation-", dir=self.folder.parent))
        except OSError as error:
            raise ToolError(f"{self.shown!r} cannot be written to: {error.strerror}") from None
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def take(self, stage: Path) -> None:
        """Put the staged pages in its place, whole. The same pages leave those that are there as they are.

        Raises:
            ToolError: something else is there, or it cannot be written.
        """
        files = {name: _hash(stage / name) for name in _names(stage)}
        if os.path.lexists(self.folder):
            if self._listed() == files:
                return
            raise ToolError(f"{self.shown!r} is there already: remove it, or name a folder that is not there")
        try:
            (stage / LIST).write_text(json.dumps(files, indent=1))
            stage.rename(self.folder)
        except OSError as error:
            raise ToolError(f"{self.shown!r} cannot be written: {error.strerror}") from None

    def remove(self) -> tuple[list[str], list[str]]:
        """Remove its files as they were written: those removed, and those that stay because they were changed.

        Raises:
            ToolError: it holds no pages of `build`, or a file cannot be removed. One that is gone is no error.
        """
        if not os.path.lexists(self.folder):
            return [], []
        listed = self._listed()
        if listed is None:
            raise ToolError(f"{self.shown!r} holds no documentation that was written here: it stays")
        try:
            there = {name: self.folder / name for name in listed if (self.folder / name).is_file()}
            gone = [name for name, path in there.items() if not path.is_symlink() and _hash(path) == listed[name]]
            kept = [name for name in there if name not in gone]
            for name in gone:
                there[name].unlink()
            if not kept:
                (self.folder / LIST).unlink()
            for place, _, _ in os.walk(self.folder, topdown=False):
                if not os.listdir(place):  # noqa: PTH208 - what another put there stays
                    Path(place).rmdir()
        except OSError as error:
            raise ToolError(f"{self.shown!r} cannot be removed: {error.strerror}") from None
        return gone, kept

    def _listed(self) -> dict[str, str] | None:
        """Its files and their hashes, if it is such a folder; a list that names others is none."""
        path = self.folder / LIST
        try:
            if self.folder.is_symlink() or path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_LIST:
                return None
            listed = json.loads(read_bounded(path, MAX_LIST))
            if not isinstance(listed, dict) or not all(self._inside(name) for name in listed):
                return None
        except (OSError, ValueError, RecursionError):  # also a name that no file can have
            return None
        return {name: str(value) for name, value in listed.items()}

    def _inside(self, name: str) -> bool:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or parts.suffix != ".html":
            return False
        parent = (self.folder / name).parent
        return os.path.realpath(parent) == str(parent)


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


def _hash(path: Path) -> str:
    return hashlib.sha256(read_bounded(path, _MAX_PAGE)).hexdigest()
