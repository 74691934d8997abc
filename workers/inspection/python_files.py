"""Which files of a folder are Python, by their names or by what they say first, and which are other languages' code."""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, NOT_FOLLOWED, Entry, Repository, Skipped

_PYTHON = "Python"
_ENDINGS = (".py", ".pyw")
_SHEBANG = re.compile(rb"(?:\xef\xbb\xbf)?#![^\n]{0,100}\b(?:python|pypy)[0-9.]*\b")
#: What a file is that is no Python and has no ending that says so, by how it begins.
ARCHIVES = "archives of code"
#: Documents that are archives as well, and where a tar says that it is one.
_DOCUMENTS = frozenset((".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".odt", ".ods", ".odp", ".epub", ".npz"))
_TAR_AT, _TAR = 257, b"ustar"
_BEGINNINGS = {
    b"#!": "other scripts",
    b"\xef\xbb\xbf#!": "other scripts",
    **dict.fromkeys((b"PK\x03\x04", b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"), ARCHIVES),
    **dict.fromkeys((b"BZh91AY&SY", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"), ARCHIVES),
    **dict.fromkeys((b"\x7fELF", b"MZ", b"\0asm", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"), "compiled code"),
}
#: Languages whose code nobody here reads, by how files end.
_LANGUAGES = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx", ".vue", ".svelte"), "JavaScript"),
    **dict.fromkeys((".ts", ".tsx"), "TypeScript"),
    **dict.fromkeys((".sh", ".bash", ".zsh", ".ksh"), "shell"),
    **dict.fromkeys((".ps1", ".psm1", ".bat", ".cmd"), "Windows scripts"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".m", ".mm"), "C"),
    **dict.fromkeys((".java", ".kt", ".kts", ".scala", ".groovy"), "Java"),
    **dict.fromkeys((".cs", ".fs", ".vb"), ".NET"),
    **dict.fromkeys((".pyx", ".pxd"), "Cython"),
    **dict.fromkeys((".ex", ".exs", ".erl"), "Erlang"),
    **{".go": "Go", ".rs": "Rust", ".rb": "Ruby", ".php": "PHP", ".pl": "Perl", ".lua": "Lua", ".swift": "Swift"},
    **dict.fromkeys((".whl", ".egg", ".pyz", ".pyzw", ".jar", ".war", ".zip", ".tgz"), ARCHIVES),
    **dict.fromkeys((".so", ".dll", ".dylib", ".exe", ".pyd", ".wasm", ".class"), "compiled code"),
    **{".pth": "Python's path files", ".zig": "Zig", ".nim": "Nim", ".ml": "OCaml", ".sol": "Solidity", ".tcl": "Tcl"},
    **{".dart": "Dart", ".r": "R", ".jl": "Julia", ".ipynb": "notebooks", ".clj": "Clojure", ".hs": "Haskell"},
}
#: Endings that no program has: such a file is not opened to see whether it is one.
_TEXTS = frozenset((".md", ".rst", ".txt", ".json", ".yaml", ".yml", ".toml", ".html", ".css", ".svg", ".png", ".lock"))


def python_files(
    repository: Repository, listed: Iterable[Entry], skipped: list[Skipped], read: Collection[str] = ()
) -> list[Entry]:
    """The Python files among some; code in other languages, and what is too large, is noted as a gap.

    `read`: endings of other languages' files that somebody else reads.
    """
    found: list[Entry] = []
    others, rest = Counter[str](), 0
    for entry in listed:
        ending = PurePosixPath(entry.path.lower()).suffix
        if ending in read:
            continue
        language = _language(repository, entry.path, ending)
        if language == _PYTHON and entry.size > MAX_FILE_BYTES:
            skipped.append(Skipped(printable(entry.path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
        elif language == _PYTHON:
            found.append(entry)
        elif language:
            others[language] += 1
        else:
            rest += 1
    _note_links(repository, skipped)
    for language, count in sorted(others.items()):
        what = f"({count} file{'' if count == 1 else 's'} of {language})"
        skipped.append(Skipped(what, "not read here" if read else "only Python is read", True))
    if rest:
        skipped.append(Skipped(f"({rest} files)", "not code, by their names", False))
    return found


def _language(repository: Repository, path: str, ending: str) -> str:
    """The language of a file's code; empty if it is none."""
    if ending in _ENDINGS:
        return _PYTHON
    if (known := _LANGUAGES.get(ending)) or ending in _TEXTS:
        return known or ""
    try:
        with repository.open(path) as file:
            beginning = file.read(512)
    except OSError:
        return ""
    return "" if ending in _DOCUMENTS else _by_beginning(beginning)


def _by_beginning(beginning: bytes) -> str:
    if _SHEBANG.match(beginning):
        return _PYTHON
    if beginning[_TAR_AT:].startswith(_TAR):
        return ARCHIVES
    return next((language for mark, language in _BEGINNINGS.items() if beginning.startswith(mark)), "")


def _note_links(repository: Repository, skipped: list[Skipped]) -> None:
    """A link that makes Python of a file that is none by its own name is a gap: it is not looked at by that name."""
    for at, one in enumerate(skipped):
        if one.why == NOT_FOLLOWED and one.path.lower().endswith(_ENDINGS):
            target = Path(os.path.realpath(repository.folder / one.path))
            if target.is_file() and not target.name.lower().endswith(_ENDINGS):
                skipped[at] = one._replace(gap=True, who="the repository")
