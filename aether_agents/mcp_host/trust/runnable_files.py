"""Runnable: which files of a folder count as what a server can run, and which are data beside it.

Nothing is guessed about what a program will read. Where it is Python or Node and its script is named, everything that
such an interpreter can import counts, wherever it lies in the folder. Of any other command (`npm start`, `make`,
`uv run`, `bash -c`) everything counts but what is data by its name. What the words of the command, the values of its
environment and its `reads` name counts always, whatever it is called.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from aether_agents.mcp_host.files.server_file import Declared

#: Whether a file counts, by its name with its path below the folder.
Counts = Callable[[str], bool]

_PYTHON = re.compile(r"(python|pypy)[0-9.]*(\.exe)?")
_NODE = re.compile(r"node(js)?(\.exe)?")
_IMPORTED_BY_PYTHON = frozenset(
    {".py", ".pyc", ".pyd", ".pyw", ".so", ".pth", ".zip", ".egg", ".whl", ".cfg", ".ini", ".toml"}
)
_IMPORTED_BY_NODE = frozenset({".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".node", ".wasm"})
_NODE_SETTINGS = frozenset({"package.json", "package-lock.json", "tsconfig.json", ".npmrc", ".node-version"})

_TABLES = {".csv", ".tsv", ".parquet", ".arrow", ".feather", ".avro", ".orc", ".jsonl", ".ndjson", ".geojson", ".xlsx"}
_BASES = {".db", ".db-wal", ".db-shm", ".db-journal", ".sqlite", ".sqlite3", ".duckdb", ".wal", ".mdb", ".rdb", ".aof"}
_TEXTS = {".md", ".rst", ".txt", ".adoc", ".pdf", ".docx", ".odt", ".html", ".htm", ".css", ".sarif"}
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".bmp", ".mp3", ".mp4", ".wav", ".ttf", ".woff"}
_TRACES = {".log", ".out", ".err", ".pid", ".lock", ".tmp", ".bak", ".swp", ".orig", ".rej", ".coverage", ".lcov"}
#: Endings of what people and programs keep beside code. A file without one of these may be a program.
DATA = frozenset(_TABLES | _BASES | _TEXTS | _PICTURES | _TRACES)
#: Files that are read as settings although their ending is that of data.
_SETTINGS = re.compile(
    r"(requirements|constraints).*\.(txt|lock)|(uv|poetry|yarn|flake|cargo|pipfile|gemfile)\.lock|cmakelists\.txt"
)
#: Characters of a word that is looked at as a path.
_LONGEST = 1_000


def counts(server: Declared) -> Counts:
    """Which files below its folders count for a server that starts a program."""
    words = _words(server.raw.get("command"), server.raw.get("args"))
    program = PurePosixPath(words[0]).name.lower() if words else ""
    script = next((word for word in words[1:] if not word.startswith("-")), "")
    plain = bool(script) and not any("$" in word for word in words)
    if plain and _PYTHON.fullmatch(program) and not _has(words, "c"):
        return _python
    if plain and _NODE.fullmatch(program) and words[1] == script:
        return _node
    return _any_program


def named(server: Declared) -> Iterator[Path]:
    """What the command, its environment and `reads` name, and is there; programs of the system are its own affair."""
    folder = server.folder / str(server.raw.get("cwd") or "")
    values = [*_words(server.raw.get("command"), server.raw.get("args")), *_texts(server.raw.get("reads"))]
    env = server.raw.get("env")
    for value in env.values() if isinstance(env, dict) else ():
        values += str(value).split(":")
    for value in values:
        for word in {value, value.partition("=")[2]} - {""}:
            path = _path(folder, word.replace("${workspaceFolder}", str(server.folder)))
            if path is not None and not path.is_relative_to(Path("/usr")):
                yield path


def _path(folder: Path, word: str) -> Path | None:
    if "$" in word or "\0" in word or len(word) > _LONGEST or ("/" not in word and "." not in word):
        return None
    try:
        found = (folder / Path(word).expanduser()).resolve()
        return found if found.is_file() else None
    except (OSError, RuntimeError):
        return None


def _words(command: object, args: object) -> list[str]:
    """The words of a command, also where some are one text (`bash -c "python x.py"` names `x.py`)."""
    words = [] if command is None else [str(command), *_texts(args)]
    further: list[str] = []
    for word in words[1:]:
        if " " in word:
            try:
                further += shlex.split(word)
            except ValueError:
                further += word.split()
    return words + further


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _has(words: list[str], flag: str) -> bool:
    """Whether a one-letter option stands among the words, alone or with others: `-c`, `-Ic`."""
    return any(re.fullmatch(rf"-[A-Za-z]*{flag}.*", word) is not None and not word.startswith("--") for word in words)


def _python(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _IMPORTED_BY_PYTHON


def _node(name: str) -> bool:
    path = PurePosixPath(name)
    return "node_modules" in path.parts or path.name in _NODE_SETTINGS or path.suffix.lower() in _IMPORTED_BY_NODE


def _any_program(name: str) -> bool:
    path = PurePosixPath(name)
    inside = {"node_modules", ".venv", "venv", "site-packages"} & set(path.parts)
    return bool(inside) or bool(_SETTINGS.fullmatch(path.name.lower())) or path.suffix.lower() not in DATA
