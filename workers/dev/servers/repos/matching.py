"""A program of its own: looks for a pattern in the files named on its standard input, prints one JSON object.

A pattern can be made to run for ever; then this program is killed, and not the server. It is run with `python -I`.
It reads regular files only, never through a link, and writes nothing: what a file would become is in its answer.
"""

import base64
import codecs
import json
import os
import re
import stat
import sys
from typing import Any

LONGEST = 2 << 20
SHOWN = 240
_LOOKED_AT = 8_000


def main() -> None:
    """`{folder, files, pattern, regex, ignore_case, replacement?, most}` in, `{hits, edits, skipped, more}` out."""
    job = json.load(sys.stdin)
    flags = re.MULTILINE | (re.IGNORECASE if job["ignore_case"] else 0)
    pattern = re.compile(job["pattern"] if job["regex"] else re.escape(job["pattern"]), flags)
    answer: dict[str, Any] = {"hits": [], "edits": [], "skipped": [], "more": False}
    for path in job["files"]:
        try:
            raw = read(f"{job['folder']}/{path}")
            text, encoding = decoded(raw)
        except (OSError, ValueError) as error:
            answer["skipped"].append([path, str(error)])
            continue
        if text is None:
            continue
        if job.get("replacement") is None:
            look(path, text, pattern, job["most"], answer)
        else:
            edit(path, text, encoding, pattern, job, answer)
    json.dump(answer, sys.stdout)


def read(path: str) -> bytes:
    """The bytes of a regular file."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        known = os.fstat(file.fileno())
        if not stat.S_ISREG(known.st_mode):
            raise OSError("not a regular file")
        if known.st_size > LONGEST:
            raise OSError(f"larger than {LONGEST >> 20} MiB")
        return file.read(LONGEST)


def decoded(raw: bytes) -> tuple[str | None, str]:
    """The text of a file and its encoding, exact both ways; no text for a binary file."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16-le" if raw.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        return raw.decode(name), name
    if b"\0" in raw[:_LOOKED_AT]:
        return None, ""
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        raise ValueError("its text is neither UTF-8 nor UTF-16") from None


def look(path: str, text: str, pattern: re.Pattern[str], most: int, answer: dict[str, Any]) -> None:
    """Add the places of one file."""
    for number, line in enumerate(text.splitlines(), start=1):
        found = pattern.search(line)
        if found is None:
            continue
        if len(answer["hits"]) >= most:
            answer["more"] = True
            return
        start = max(0, found.start() - SHOWN // 2)
        answer["hits"].append([path, number, line[start : start + SHOWN]])


def edit(
    path: str, text: str, encoding: str, pattern: re.Pattern[str], job: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Add what one file would become. A file whose lines all end in CR LF is read, and written, as one that does."""
    crlf = "\r\n" in text and text.count("\r\n") == text.count("\n") == text.count("\r")
    plain = text.replace("\r\n", "\n") if crlf else text
    replacement = job["replacement"] if job["regex"] else job["replacement"].replace("\\", "\\\\")
    changed, count = pattern.subn(replacement, plain)
    if not count or changed == plain:
        return
    new = changed.replace("\n", "\r\n") if crlf else changed
    answer["edits"].append([path, count, base64.b64encode(new.encode(encoding)).decode()])


if __name__ == "__main__":
    main()
