"""Looks for a regular expression in files: a program of its own, because an expression can take for ever.

It reads `{"pattern": …, "files": […], "most": n}` from standard input and prints `[[file, line], …]`, and what it could
not read. It imports nothing but the standard library.
"""

import json
import os
import re
import sys

#: Longest file that is searched, in bytes; the caller ends a search that takes too long.
MAX_BYTES = 16 << 20


def lines_of(path: str) -> list[str]:
    """The lines of a file, whatever its encoding.

    Raises:
        OSError: it cannot be read, or is too long.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError("too long")
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16", "replace") if marked else data.replace(b"\0", b"").decode("utf-8-sig", "replace")
    return text.split("\n")


def main() -> None:
    """Search, and print what was found."""
    wanted = json.load(sys.stdin)
    pattern, found, unread = re.compile(wanted["pattern"]), [], []
    for path in wanted["files"]:
        try:
            found += [[path, number] for number, line in enumerate(lines_of(path), 1) if pattern.search(line)]
        except OSError:
            unread.append(path)
        if len(found) >= wanted["most"]:
            break
    json.dump({"found": found[: wanted["most"]], "unread": unread}, sys.stdout)


if __name__ == "__main__":
    main()
