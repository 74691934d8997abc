"""A program of its own: measures the Python files named on its standard input, prints one JSON list.

Parsing strangers' code can take all memory or the whole stack; then this program dies, and not the server.
It is run with `python -I` on this file, so it imports nothing beside radon.
"""

import json
import sys
from typing import Any

from radon.complexity import cc_visit
from radon.metrics import mi_visit
from radon.raw import analyze


def measure(path: str) -> dict[str, Any]:
    """Lines, maintainability index (0 to 100) and the complexity of each function of one file."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain program
            code = file.read().decode("utf-8", "replace")
        raw = analyze(code)
        blocks = [block for block in cc_visit(code) if not hasattr(block, "methods")]
        return {
            "path": path,
            "lines": raw.loc,
            "code": raw.sloc,
            "comments": raw.comments + raw.multi,
            "maintainability": mi_visit(code, multi=True),
            "functions": [[block.fullname, block.lineno, block.complexity] for block in blocks],
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
        return {"path": path, "error": type(error).__name__}


if __name__ == "__main__":
    json.dump([measure(path) for path in json.load(sys.stdin)], sys.stdout)
