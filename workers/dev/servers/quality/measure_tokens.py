"""A program of its own: complexity and size of the files named on its standard input, by lizard, as one JSON list.

Lizard reads tokens and parses nothing, so it also measures Python that the Python which runs it cannot parse. It is run
with `python -I` on this file, imports nothing beside lizard, and dies alone on code that takes all memory or the stack.
"""

import io
import json
import re
import sys
import tokenize
from typing import Any

import lizard

#: What tells lizard to leave out a function, a file, or all that follows: taken out of force, letter for letter.
_MARK = re.compile(r"(?i)(lizard[ \t]{1,8}forgiv|generated[ \t]{1,8}cod)e")


def measure(path: str) -> dict[str, Any]:
    """Lines, code and the functions of one file: name, line, complexity, lines of code."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain program
            content = file.read()
        text = decoded(content, path.lower().endswith((".py", ".pyw")))
        name = path if "." in path.rpartition("/")[2] else f"{path}.py"
        marks = [number for number, line in enumerate(text.split("\n"), 1) if _MARK.search(line)]
        text = _MARK.sub(r"\1_", text)
        told = lizard.analyze_file.analyze_source_code(name, text)
    except (ValueError, RecursionError, MemoryError, OSError, IndexError, AttributeError, KeyError) as error:
        return {"path": path, "error": type(error).__name__}
    blank = sum(not line.strip() for line in text.splitlines())
    return {
        "path": path,
        "lines": text.count("\n") + 1,
        "code": told.nloc,
        "comments": max(0, text.count("\n") + 1 - blank - told.nloc),
        "marks": marks,
        "maintainability": 100.0,
        "functions": [[one.name, one.start_line, one.cyclomatic_complexity, one.nloc] for one in told.function_list],
        "scopes": [[one.name, one.start_line, one.end_line] for one in told.function_list],
    }


def decoded(content: bytes, python: bool) -> str:
    """Code as text, in the encoding that Python code declares."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0] if python else "utf-8-sig"
        return content.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "replace")


if __name__ == "__main__":
    json.dump([measure(path) for path in json.load(sys.stdin)], sys.stdout)
