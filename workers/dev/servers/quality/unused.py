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


def unused(paths: list[str]) -> list[tuple[Any, ...]]:
    """`[path, line, kind, name, confidence in percent]` of each; imports are ruff's business."""
    found = Vulture()
    for path in paths:
        try:
            found.scan(decoded(Path(path).read_bytes()), filename=Path(path))
        except (ValueError, RecursionError, MemoryError, OSError):
            continue  # the measuring program says that it cannot be parsed
    return [
        (str(item.filename), item.first_lineno, item.typ, item.name, item.confidence)
        for item in found.get_unused_code()
        if item.typ != "import"
    ]


def decoded(content: bytes) -> str:
    """Code as text, in the encoding that it declares."""
    try:
        return content.decode(tokenize.detect_encoding(io.BytesIO(content).readline)[0])
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-8-sig", "replace")


def with_suppressed(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What is unused whatever a file says of it, each with whether the repository takes it back."""
    paths, whitelists = told["paths"], set(told["whitelists"])
    left = set(unused(paths)) if told["marked"] or whitelists else None
    core.noqa.parse_noqa = lambda _: defaultdict(set)
    found = unused([path for path in paths if path not in whitelists])
    return [(*item, left is not None and item not in left) for item in found]


if __name__ == "__main__":
    json.dump(with_suppressed(json.load(sys.stdin)), sys.stdout)
