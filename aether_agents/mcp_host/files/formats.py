"""Formats: a server file's bytes as a document: JSON with comments, YAML or TOML, with or without a byte order mark."""

import re
import tomllib
from pathlib import Path

from aether_agents.documents.document import Document, Location, parse_document
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.jsonc import without_comments

_HEADER = re.compile(r"\s*\[{1,2}(?P<keys>[^\[\]]+)\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(?P<key>"[^"]*"|'[^']*'|[\w.-]+)\s*=""")


def document_of(path: Path, content: bytes) -> Document:
    """A file's content with the line of each key.

    Raises:
        InvalidSettings: it is not text, or not well formed; the error has file and line.
    """
    text, name = _text(path, content), str(path)
    try:
        if path.suffix == ".toml":
            return _toml(text, name)
        if path.suffix in (".yaml", ".yml"):
            return parse_document(text, name)
        return parse_document(without_comments(text), name)
    except RecursionError:
        raise InvalidSettings(f"{name}: is nested too deeply") from None


def _text(path: Path, content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # as PowerShell writes what is sent into a file
    try:
        return content.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"{path}: cannot be read: {error}") from None


def _toml(text: str, name: str) -> Document:
    try:
        return Document(name, tomllib.loads(text), _lines(text))
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, and tables within tables
        raise InvalidSettings(f"{name}: not valid TOML: {error}") from None


def _lines(text: str) -> dict[Location, int]:
    """The line of each key; TOML's reader does not tell."""
    lines: dict[Location, int] = {}
    table: Location = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _keys(header["keys"])
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_keys(key["key"])), number)
    return lines


def _keys(dotted: str) -> Location:
    try:
        found: object = tomllib.loads(f"[{dotted}]")
    except (ValueError, RecursionError):
        return ()
    keys: list[str] = []
    while isinstance(found, dict) and found:
        keys.append(next(iter(found)))
        found = found[keys[-1]]
    return tuple(keys)
