"""Which Python files of a folder are which modules."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, SKIPPED_FOLDERS, Entry, Skipped

#: Folders and files that are about a project and not what others use of it.
_ASIDE = frozenset({"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks"})
_ASIDE_FILES = frozenset({"conftest.py", "setup.py", "noxfile.py", "tasks.py", "__main__.py"})
#: Folders that hold packages and are none.
_ROOTS = frozenset({"src", "lib", "python"})
_PACKAGE = "__init__.py"


def modules_of(listed: Iterable[Entry], skipped: list[Skipped]) -> dict[str, str]:
    """File by module name, in the order of the names. What is left out is added to `skipped`."""
    entries = {entry.path: entry for entry in listed if entry.path.endswith(".py")}
    found: dict[str, str] = {}
    for path in sorted(entries, key=lambda one: (one.count("/"), one)):
        parts = PurePosixPath(path).parts
        name = _name(parts, entries)
        why, gap = _why_not(parts, name), False
        if not why and entries[path].size > MAX_FILE_BYTES:
            why, gap = f"larger than {MAX_FILE_BYTES >> 20} MiB", True
        elif not why and name in found:
            why, gap = f"a module of the same name: {printable(found[name])}", True
        if why:
            skipped.append(Skipped(printable(path), why, gap))
        else:
            found[name] = path
    return dict(sorted(found.items()))


def is_public(name: str) -> bool:
    """Whether a module is for others to use: no part of its name begins with an underscore."""
    return not any(part.startswith("_") for part in name.split("."))


def _name(parts: Sequence[str], known: Iterable[str]) -> str:
    """What it is imported as, from the outermost folder around it that is a package."""
    packages = [at for at in range(1, len(parts)) if "/".join((*parts[:at], _PACKAGE)) in known]
    if packages:
        at = packages[-1]
        while at - 1 in packages:
            at -= 1
        parts = parts[at - 1 :]
    elif parts[0] in _ROOTS:
        parts = parts[1:]
    names = [*parts[:-1], parts[-1].removesuffix(".py")]
    return ".".join(names[:-1] if parts[-1] == _PACKAGE else names)


def _why_not(parts: Sequence[str], name: str) -> str:
    if SKIPPED_FOLDERS & set(parts[:-1]):
        return "in a folder of others' code"
    file = parts[-1]
    if _ASIDE & set(parts[:-1]) or file in _ASIDE_FILES or file.startswith("test_") or file.endswith("_test.py"):
        return "about the project, not what others use of it"
    if not name or not all(part.isidentifier() for part in name.split(".")):
        return "its name cannot be imported"
    return ""
