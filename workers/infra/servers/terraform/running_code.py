"""Running code: what in a configuration runs a program, or sends something away, while it is only planned."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import read_bounded

_SOURCES, _MOST, _LARGEST = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json"), 2_000, 5 << 20
#: Data sources that run a program, and one that sends what it is given to an address of the configuration's choice.
_KINDS = ("external", "shell_script", "http")
#: Settings of providers and backends: a file of theirs may name a program that says the credentials.
_FILES = (
    *("shared_config_file", "shared_config_files", "shared_credentials_file", "shared_credentials_files"),
    *("config_path", "config_paths"),
)
#: What may stand between two words.
_GAP = r"(?:\s|/\*.*?\*/|(?:#|//)[^\n]*\n)*"
_RUNS = re.compile(
    rf"\b(?:data|ephemeral){_GAP}(?:\"?(?:{'|'.join(_KINDS)})\b|\"[^\"\n]*\\)|"
    rf"(?<![\w-])exec\"?{_GAP}\{{|\bcredential_process\b|"
    rf"\b(?:{'|'.join(_FILES)}){_GAP}={_GAP}\[?{_GAP}(?![\s\[\"/#]|\"[~/]|\"\")\S|"
    rf"\b(?:{'|'.join(_FILES)}){_GAP}={_GAP}\[?{_GAP}\"(?![~/\"])",
    re.DOTALL,
)


def refuse_code(folder: Path, data: Path | None = None) -> None:
    """Nothing that runs a program in a preview, unless a person allows it: in the configuration and its modules.

    Raises:
        ToolError: there is some, or there are more files than are read.
    """
    found = {path for kind in _SOURCES for path in folder.rglob(kind)}
    for module in _modules(folder, data) if data else []:
        found |= {path for kind in _SOURCES for path in module.glob(kind)}
    found = {path for path in found if path.is_file()}
    if len(found) > _MOST:
        raise ToolError(f"the configuration has more than {_MOST:,} files: plan a part of it, or allow_code=true")
    for path in sorted(found):
        if runs := _running(path):
            raise ToolError(
                f"`{printable(path.name)}` has `{printable(runs, 80)}`, which runs a program while it is planned or "
                "sends something away: read it, then say `--input allow_code=true`"
            )


def _modules(folder: Path, data: Path) -> list[Path]:
    """Where the modules of a configuration lie, wherever that is."""
    try:
        listed = json.loads(read_bounded(data / "modules" / "modules.json", _LARGEST))["Modules"]
        return [folder / one["Dir"] for one in listed]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise ToolError(
            "the list of modules cannot be read: read the configuration, then say allow_code=true"
        ) from None


def _running(path: Path) -> str:
    try:
        text = read_bounded(path, _LARGEST).decode("utf-8", "replace")
        if path.suffix != ".json":
            return found.group() if (found := _RUNS.search(text)) else ""
        pairs = _pairs(text)
    except OSError as error:
        raise ToolError(f"`{printable(path.name)}` cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        return "what is no JSON"
    return next((key for key, value in pairs if _runs(key, value)), "")


def _pairs(text: str) -> list[tuple[str, Any]]:
    """Every entry of every object, twice where it is written twice."""
    known: list[tuple[str, Any]] = []

    def keep(some: list[tuple[str, Any]]) -> dict[str, Any]:
        known.extend(some)
        return dict(some)

    json.loads(text, object_pairs_hook=keep)
    return known


def _runs(key: str, value: Any) -> bool:
    """Whether one entry of JSON does."""
    named = list(_texts(value)) if key in _FILES else []
    return key in (*_KINDS, "exec", "credential_process") or any(not text.startswith(("~", "/")) for text in named)


def _texts(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        yield str(one)
