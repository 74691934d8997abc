"""Collects what a repository depends on from all its dependency files."""

import re
import tomllib

from workers.inspection.archives import note_packed
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped
from workers.inspection.text import decoded

from .installing import installs, read_brought, read_installing
from .lock_files import language_of, reader_of
from .requirement_files import is_requirements_file, looks_like_requirements, read_requirements
from .wanted import Wanted

#: Lock files are long; a longer one than this is no lock file.
MAX_LOCK_BYTES = 8 * MAX_FILE_BYTES
#: Bytes of a file that tell whether it lists requirements, and how such files end beside the usual names.
_HEAD, _LISTS = 64 << 10, (".txt", ".in", ".pip", ".lst", ".req", ".reqs")
_SCRIPT = re.compile(r"^# /// script[ \t]*\r?\n((?:#[^\n]*\n)*?)# ///[ \t]*\r?$", re.MULTILINE)
#: What readers raise on a file that is not of its kind: one of them takes no other with it.
_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError)


def collect(repository: Repository, skipped: list[Skipped]) -> Wanted:
    """Read every dependency file; what cannot be read or looked up is noted."""
    wanted = Wanted()
    entries = {entry.path: entry for entry in repository.files(skipped)}
    note_packed(repository, entries.values(), skipped)
    waiting = [path for path, entry in entries.items() if is_requirements_file(path) or _pins(repository, entry)]
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
        wanted.files += read_brought(path, wanted)
        if installs(path) and entry.size <= MAX_FILE_BYTES and (text := _text(repository, entry, path, wanted)):
            wanted.files += bool(read_installing(text, path, wanted))
    return wanted


def _pins(repository: Repository, entry: Entry) -> bool:
    """Whether a text file with another name is a list of requirements, by what is in it."""
    if not entry.path.lower().endswith(_LISTS) or entry.size > MAX_FILE_BYTES:
        return False
    try:
        with repository.open(entry.path) as file:
            return looks_like_requirements(decoded(file.read(_HEAD)))
    except OSError:
        return False


def _read_other(repository: Repository, entry: Entry, path: str, wanted: Wanted) -> None:
    name = path.rpartition("/")[2]
    if language := language_of(name):
        wanted.other(path, None, f"packages of {language}: only Python's are looked up")
    elif name in ("setup.py", "setup.cfg"):
        if "install_requires" in (_text(repository, entry, path, wanted) or ""):
            wanted.other(path, None, "its requirements are not read, as that would run it: lock them in a file")
    elif name.endswith(".py") and entry.size <= MAX_FILE_BYTES:
        _read_script(repository, path, wanted)
    elif read := reader_of(name):
        text = _text(repository, entry, path, wanted)
        if text is None:
            return
        try:
            read(text, path, wanted)
        except _UNREADABLE as error:
            wanted.other(path, None, f"cannot be parsed: {printable(str(error), 120)}")
        else:
            wanted.files += 1


def _read_script(repository: Repository, path: str, wanted: Wanted) -> None:
    """A program that names what it needs in a comment (PEP 723)."""
    try:
        with repository.open(path) as file:
            text = decoded(file.read(_HEAD))
    except OSError:
        return  # what cannot be read is said where code is looked at
    if match := _SCRIPT.search(text):
        lines = [line.removeprefix("#").removeprefix(" ") for line in match[1].splitlines()]
        try:
            asked = tomllib.loads("\n".join(lines)).get("dependencies", [])
            for one in asked:
                wanted.requirement(one, path, None)
        except _UNREADABLE as error:
            wanted.other(path, None, f"what it needs cannot be parsed: {printable(str(error), 120)}")
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
            return decoded(file.read(MAX_LOCK_BYTES))
    except OSError as error:
        wanted.other(path, None, f"cannot be read: {error.strerror or error}")
        return None
