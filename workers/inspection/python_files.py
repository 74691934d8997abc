"""Which files of a folder are Python, by their names or by what they say first, and which are other languages' code."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped

_ENDINGS = (".py", ".pyw")
_SHEBANG = re.compile(rb"(?:\xef\xbb\xbf)?#![^\n]{0,100}\bpython[0-9.]*\b")
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
    **{".dart": "Dart", ".r": "R", ".jl": "Julia", ".ipynb": "notebooks", ".clj": "Clojure", ".hs": "Haskell"},
}
#: Endings that no program has: such a file is not opened to see whether it is one.
_TEXTS = frozenset((".md", ".rst", ".txt", ".json", ".yaml", ".yml", ".toml", ".html", ".css", ".svg", ".png", ".lock"))


def python_files(repository: Repository, listed: Iterable[Entry], skipped: list[Skipped]) -> list[Entry]:
    """The Python files among some; code in other languages, and what is too large, is noted as a gap."""
    found: list[Entry] = []
    others, rest = Counter[str](), 0
    for entry in listed:
        ending = PurePosixPath(entry.path.lower()).suffix
        if ending in _ENDINGS or (ending not in _LANGUAGES and ending not in _TEXTS and _says(repository, entry.path)):
            if entry.size > MAX_FILE_BYTES:
                skipped.append(Skipped(printable(entry.path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
            else:
                found.append(entry)
        elif language := _LANGUAGES.get(ending):
            others[language] += 1
        else:
            rest += 1
    for language, count in sorted(others.items()):
        what = f"({count} file{'' if count == 1 else 's'} of {language})"
        skipped.append(Skipped(what, "only Python is read", True))
    if rest:
        skipped.append(Skipped(f"({rest} files)", "not code, by their names", False))
    return found


def _says(repository: Repository, path: str) -> bool:
    """Whether a file names Python as what runs it."""
    try:
        with repository.open(path) as file:
            return bool(_SHEBANG.match(file.read(128)))
    except OSError:
        return False
