"""Looks for a regular expression in files: a program of its own, because an expression can take for ever.

It reads `{"pattern": …, "files": […], "most": n}` from standard input and prints `[[file, line], …]`, and what it could
not read. It imports nothing but the standard library.
"""

import codecs
import json
import os
import re
import sys

#: Longest file that is searched, in bytes; the caller ends a search that takes too long.
MAX_BYTES = 16 << 20
#: Marks of encodings; UTF-32's begins like UTF-16's.
MARKS = (
    *((mark, "utf-32") for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    *((mark, "utf-16") for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)
#: Characters that no text has, and their share from which on something is none.
STRANGE = re.compile("[\x01-\x08\x0e-\x1f\x7f\ufffd]")
SAMPLE, SHARE = 4_096, 0.1


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
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").split("\n")
    text = data.replace(b"\0", b"").decode("utf-8-sig", "replace")
    if len(STRANGE.findall(text[:SAMPLE])) > SHARE * len(text[:SAMPLE]):
        text += "\n" + data.decode("cp500")  # no text, or that of a mainframe
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
