"""Sources: which data files a folder, or a list of paths, holds. Links are listed as left out, never followed."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.repository import SKIPPED_FOLDERS, Skipped

from .places import existing, shown

Loadable = Literal["csv", "jsonl", "parquet", "sqlite"]
Kind = Loadable | Literal["duckdb"]

KINDS: dict[str, Kind] = {
    **{".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"},
    **{".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb"},
}
#: Entries of a folder that are looked at, at most.
MAX_ENTRIES = 50_000


class DataFile(NamedTuple):
    """A data file."""

    path: Path
    shown: str  #: its name for people: relative to the folder it was found in
    kind: Kind
    size: int  #: bytes


def find(sources: Sequence[str], skipped: list[Skipped], kinds: Sequence[Kind] = ()) -> Iterator[DataFile]:
    """The data files among some paths and below some folders; what is left out is added to `skipped`.

    Raises:
        ToolError: a path is not there, or a file is of no kind that is known.
    """
    for source in sources:
        folder = Path(source)
        if folder.is_absolute() and folder.is_dir() and not folder.is_symlink():
            yield from _below(folder.resolve(), skipped, kinds)
            continue
        path = existing(source, "the file")
        kind = KINDS.get(path.suffix.lower())
        if kind is None or (kinds and kind not in kinds):
            raise ToolError(f"{shown(path)} is of no kind that can be read here: {', '.join(sorted(KINDS))}")
        yield DataFile(path, printable(path.name), kind, path.stat().st_size)


def _below(folder: Path, skipped: list[Skipped], kinds: Sequence[Kind]) -> Iterator[DataFile]:
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            seen += 1
            if seen > MAX_ENTRIES:
                skipped.append(Skipped("the rest of the folder", f"beyond the bound of {MAX_ENTRIES} files", True))
                return
            path = Path(place, name)
            kind = KINDS.get(path.suffix.lower())
            if kind is None or name.startswith(".") or (kinds and kind not in kinds):
                continue
            known = path.lstat()
            relative = printable(os.path.relpath(path, folder))
            if stat.S_ISLNK(known.st_mode):
                skipped.append(Skipped(relative, "a link: not followed", False))
            elif not stat.S_ISREG(known.st_mode):
                skipped.append(Skipped(relative, "not a regular file", False))
            else:
                yield DataFile(path, relative, kind, known.st_size)
