"""Collects what a repository depends on from all its dependency files."""

import json
import tomllib

from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, SKIPPED_FOLDERS, Entry, Repository, Skipped

from .lock_files import OTHERS, READERS
from .requirement_files import is_requirements_file, read_requirements
from .wanted import Wanted

#: Lock files are long; a longer one than this is no lock file.
MAX_LOCK_BYTES = 8 * MAX_FILE_BYTES


def collect(repository: Repository, skipped: list[Skipped]) -> Wanted:
    """Read every dependency file; what cannot be read or looked up is noted."""
    wanted = Wanted()
    entries = {
        entry.path: entry
        for entry in repository.files(skipped)
        if not SKIPPED_FOLDERS & set(entry.path.split("/")[:-1])
    }
    waiting = [path for path in entries if is_requirements_file(path)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        text = _text(repository, entries.get(path), path, wanted)
        if text is not None:
            wanted.files += 1
            waiting.extend(read_requirements(text, path, wanted))
    for path, entry in entries.items():
        _read_other(repository, entry, path, wanted)
    return wanted


def _read_other(repository: Repository, entry: Entry, path: str, wanted: Wanted) -> None:
    name = path.rpartition("/")[2]
    if language := OTHERS.get(name):
        wanted.other(path, None, f"packages of {language}: only Python's are looked up")
    elif name in ("setup.py", "setup.cfg"):
        if "install_requires" in (_text(repository, entry, path, wanted) or ""):
            wanted.other(path, None, "its requirements are not read, as that would run it: lock them in a file")
    elif read := READERS.get(name):
        text = _text(repository, entry, path, wanted)
        if text is None:
            return
        try:
            read(text, path, wanted)
        except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
            wanted.other(path, None, f"cannot be parsed: {printable(str(error), 120)}")
        else:
            wanted.files += 1


def _text(repository: Repository, entry: Entry | None, path: str, wanted: Wanted) -> str | None:
    if entry is None:
        wanted.other(path, None, "is included, and is not there")
        return None
    if entry.size > MAX_LOCK_BYTES:
        wanted.other(path, None, f"larger than {MAX_LOCK_BYTES >> 20} MiB")
        return None
    try:
        with repository.open(path) as file:
            return file.read(MAX_LOCK_BYTES).decode("utf-8", "replace")
    except OSError as error:
        wanted.other(path, None, f"cannot be read: {error.strerror or error}")
        return None
