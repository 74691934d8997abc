"""A program of its own: what vulture calls unused in the Python files named on its standard input, as one JSON list.

A name counts as used if any of the files names it, so all files are read in one run. It is run with `python -I` on this
file, imports nothing beside vulture, and dies alone on code that takes all memory or the whole stack. What a comment
or a whitelist file takes back is listed too, and marked.
"""

import io
import json
import sys
import tokenize
from collections import defaultdict
from pathlib import Path
from typing import Any

from vulture import Vulture, core
from vulture.noqa import ignore_line, parse_noqa


def scanned(paths: list[str], marked: bool) -> tuple[Vulture, dict[Path, Any]]:
    """What vulture sees in some files, whatever a comment says of it; if wanted, the lines that comments take back."""
    seen, taken_back = Vulture(), dict[Path, Any]()
    for path in map(Path, paths):
        try:
            text = decoded(path.read_bytes())
            taken_back[path] = parse_noqa(text.splitlines() if marked else [])
            seen.scan(text, filename=path)
        except (ValueError, RecursionError, MemoryError, OSError):
            continue  # the measuring program says that it cannot be parsed
    return seen, taken_back


def decoded(content: bytes) -> str:
    """Code as text, in the encoding that it declares."""
    try:
        return content.decode(tokenize.detect_encoding(io.BytesIO(content).readline)[0])
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-8-sig", "replace")


def unused(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """`[path, line, kind, name, confidence in percent]` of each, and whether the repository takes it back.

    Imports are ruff's business. Each file is read once: what a whitelist names is used there and nowhere else.
    """
    whitelists = set(told["whitelists"])
    core.noqa.parse_noqa = lambda _: defaultdict(set)
    marked = bool(told["marked"] or whitelists)
    seen, taken_back = scanned([path for path in told["paths"] if path not in whitelists], marked)
    named = scanned(told["whitelists"], marked=False)[0].used_names
    return [
        (
            *(str(item.filename), item.first_lineno, item.typ, item.name, item.confidence),
            ignore_line(taken_back[item.filename], item.first_lineno, core.ERROR_CODES[item.typ])
            or (item.typ != "unreachable_code" and item.name in named),
        )
        for item in seen.get_unused_code()
        if item.typ != "import"
    ]


if __name__ == "__main__":
    json.dump(unused(json.load(sys.stdin)), sys.stdout)
