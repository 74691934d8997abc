"""A program of its own: measures the Python files named on its standard input, prints one JSON list.

Parsing strangers' code can take all memory or the whole stack; then this program dies, and not the server.
It is run with `python -I` on this file, so it imports nothing beside radon.
"""

import ast
import io
import json
import sys
import tokenize
from typing import Any

from radon.metrics import h_visit_ast, mi_compute
from radon.raw import analyze
from radon.visitors import ComplexityVisitor


def measure(path: str) -> dict[str, Any]:
    """Lines, maintainability index (0 to 100) and the complexity of each function of one file.

    The index is radon's (`mi_visit` with docstrings as comments), from one parse instead of four.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain program
            code = decoded(file.read())
        tree, raw = ast.parse(code), analyze(code)
        visitor = ComplexityVisitor.from_ast(tree)
        comments = raw.comments + raw.multi
        share = comments / raw.sloc * 100 if raw.sloc else 0.0
        volume = h_visit_ast(tree).total.volume
        return {
            "path": path,
            "lines": raw.loc,
            "code": raw.sloc,
            "comments": comments,
            "maintainability": mi_compute(volume, visitor.total_complexity, raw.lloc, share) if raw.lloc else 100.0,
            "functions": [
                [block.fullname, block.lineno, block.complexity]
                for block in visitor.blocks
                if not hasattr(block, "methods")
            ],
            "scopes": [[block.fullname, block.lineno, block.endline] for block in visitor.blocks],
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
        deep = "too many" in str(error)  # a bound of this Python, and no syntax of another
        return {"path": path, "error": "nested too deeply" if deep else type(error).__name__}


def decoded(content: bytes) -> str:
    """Code as text, in the encoding that it declares."""
    try:
        return content.decode(tokenize.detect_encoding(io.BytesIO(content).readline)[0])
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-8-sig", "replace")


if __name__ == "__main__":
    json.dump([measure(path) for path in json.load(sys.stdin)], sys.stdout)
