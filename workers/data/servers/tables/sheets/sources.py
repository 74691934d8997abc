"""Sources: which data files a folder, or a list of paths, holds. Links are listed as left out, never followed."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.repository import SKIPPED_FOLDERS, Skipped

from ..places import existing, shown

Loadable = Literal["csv", "jsonl", "json", "excel", "text", "parquet", "sqlite"]
Kind = Loadable | Literal["duckdb"]

KINDS: dict[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".psv"), "csv"),
    **dict.fromkeys((".txt", ".dat", ".prn", ".fwf"), "text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "excel"),
    **dict.fromkeys((".jsonl", ".ndjson", ".jsonlines"), "jsonl"),
    **dict.fromkeys((".json", ".geojson"), "json"),
    **dict.fromkeys((".parquet", ".parq", ".pq"), "parquet"),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db", ".db3"), "sqlite"),
    ".duckdb": "duckdb",
}
PACKED = (".gz", ".bz2", ".xz")
#: Data that is not read here: a folder's list says so.
UNREAD = {
    **dict.fromkeys((".zip", ".7z", ".rar", ".tar", ".tgz", ".zst", *PACKED), "an archive: unpack it first"),
    **dict.fromkeys((".feather", ".arrow", ".avro", ".orc"), "not read here: export it as Parquet or CSV"),
    **dict.fromkeys((".dbf", ".sav", ".dta", ".sas7bdat", ".xpt", ".rds", ".rdata"), "not read here: export it as CSV"),
    **dict.fromkeys((".mdb", ".accdb", ".numbers", ".h5", ".hdf5", ".nc", ".xml"), "not read here: export it as CSV"),
    **dict.fromkeys((".pkl", ".pickle", ".npy", ".npz"), "not read here, since reading it may run code in it"),
}
#: Entries of a folder that are looked at, at most.
MAX_ENTRIES = 50_000


class DataFile(NamedTuple):
    """A data file."""

    path: Path
    shown: str  #: its name for people: relative to the folder it was found in
    kind: Kind
    size: int  #: bytes

    @property
    def packed(self) -> bool:
        """Whether it has to be unpacked before it is read."""
        return self.path.suffix.lower() in PACKED

    @property
    def stem(self) -> str:
        """Its name without its endings."""
        return Path(self.path.stem).stem if self.packed else self.path.stem


def find(sources: Sequence[str], skipped: list[Skipped], kinds: Sequence[Kind] = ()) -> Iterator[DataFile]:
    """The data files among some paths and below some folders; what is left out is added to `skipped`.

    Raises:
        ToolError: a path is not there, or the only file is of no kind that is known.
    """
    for source in sources:
        folder = Path(source)
        if folder.is_absolute() and folder.is_dir() and not folder.is_symlink():
            yield from _below(folder.resolve(), skipped, kinds)
            continue
        path = existing(source, "the file")
        kind = kind_of(path)
        if kind is not None and not (kinds and kind not in kinds):
            yield DataFile(path, printable(path.name), kind, path.stat().st_size)
            continue
        why = f"of no kind that can be read here: {', '.join(sorted(KINDS))}"
        if len(sources) == 1:
            raise ToolError(f"{shown(path)} is {why}")
        skipped.append(Skipped(printable(path.name), UNREAD.get(path.suffix.lower(), why), True))


def kind_of(path: Path) -> Kind | None:
    """What a file is by its name."""
    ending = path.suffix.lower()
    return KINDS.get(Path(path.stem).suffix.lower() if ending in PACKED else ending)


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
            kind = kind_of(path)
            if name.startswith(".") or (kind is None and path.suffix.lower() not in UNREAD):
                continue
            known = path.lstat()
            relative = printable(os.path.relpath(path, folder))
            if stat.S_ISLNK(known.st_mode):
                skipped.append(Skipped(relative, "a link: not followed", False))
            elif not stat.S_ISREG(known.st_mode):
                skipped.append(Skipped(relative, "not a regular file", False))
            elif kind is None:
                skipped.append(Skipped(relative, UNREAD[path.suffix.lower()], not kinds))
            elif kinds and kind not in kinds:
                if kind != "duckdb":
                    skipped.append(Skipped(relative, f"{kind}: only {', '.join(kinds)} was asked for", False, "you"))
            else:
                yield DataFile(path, relative, kind, known.st_size)
