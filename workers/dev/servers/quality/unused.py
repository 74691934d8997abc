"""A program of its own: what vulture calls unused in the Python files named on its standard input, as one JSON list.

A name counts as used if any of the files names it, so all files are read in one run. It is run with `python -I` on this
file, imports nothing beside vulture, and dies alone on code that takes all memory or the whole stack.
"""

import json
import sys
from pathlib import Path

from vulture import Vulture


def unused(paths: list[str]) -> list[list[object]]:
    """`[path, line, kind, name, confidence in percent]` of each; imports are ruff's business."""
    found = Vulture()
    for path in paths:
        try:
            found.scan(Path(path).read_bytes().decode("utf-8-sig", "replace"), filename=Path(path))
        except (ValueError, RecursionError, MemoryError, OSError):
            continue  # the measuring program says that it cannot be parsed
    return [
        [str(item.filename), item.first_lineno, item.typ, item.name, item.confidence]
        for item in found.get_unused_code()
        if item.typ != "import"
    ]


if __name__ == "__main__":
    json.dump(unused(json.load(sys.stdin)), sys.stdout)
