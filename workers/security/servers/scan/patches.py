"""A log with patches, line by line: which lines each commit added to which file, and what its message says."""

import re
from collections.abc import Iterator
from typing import IO

from workers.inspection.text import decoded

#: Bytes of a line that are handed on at once; a longer one comes in parts that overlap by the second number.
MAX_LINE_BYTES, OVERLAP = 64 << 10, 512
#: The name under which the messages of commits are handed on.
MESSAGE = "(commit message)"

_MARK, _SAID = b"\x00commit ", b"\x00message "
_HUNK = re.compile(rb"^(@{2,}) .*?\+(\d+)(?:,\d+)? @{2,}")


class Patch:
    """Where in the log one is, and the lines that were added there."""

    def __init__(self) -> None:
        self.commit = ""
        self.path = ""
        self.lines: list[tuple[int, str]] = []
        self._number = 0
        self._parents = 0  #: signs before each line of a hunk; none outside of one
        self._message = self._adding = False

    def take(self) -> list[tuple[int, str]]:
        """The lines so far; the next ones are others."""
        taken, self.lines = self.lines, []
        return taken

    def read(self, raw: bytes, first: bool) -> bool:
        """Read a line, or, not `first`, a further part of a long one. It says whether a commit begins."""
        if not first:
            if self._adding or self._message:
                self._add(raw)
            return False
        if self._message:
            self._message = not raw.startswith(b"\x00")
            self._number += 1
            if self._message:
                self._add(raw)
            return False
        self._adding = False
        if raw.startswith(_MARK):
            self.commit, self.path, self._parents = raw[len(_MARK) :].strip().decode("ascii", "replace"), "", 0
            return True
        if raw.startswith(_SAID):
            self._message, self.path, self._number = True, MESSAGE, 1
            self._add(raw[len(_SAID) :])
        else:
            self._read_patch(raw)
        return False

    def _read_patch(self, raw: bytes) -> None:
        if raw.startswith(b"diff "):
            self.path, self._parents = "", 0
        elif not self._parents and raw.startswith(b"+++ "):
            self.path = _unquoted(raw[4:].rstrip(b"\r\n\t"))
        elif hunk := _HUNK.match(raw):
            self._parents, self._number = len(hunk.group(1)) - 1, int(hunk.group(2)) - 1
        elif self._parents and (marks := raw[: self._parents]).strip(b"+ ") == b"":
            self._number, self._adding = self._number + 1, b" " not in marks
            if self._adding:
                self._add(raw[self._parents :])

    def _add(self, raw: bytes) -> None:
        self.lines.append((self._number, decoded(raw.rstrip(b"\r\n"))))


def parts(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines, and whether it is the beginning of one: a long line comes in parts, each with the end of that before."""
    while line := stream.readline(MAX_LINE_BYTES):
        yield line, True
        while not line.endswith(b"\n") and len(line) >= MAX_LINE_BYTES:
            more = stream.readline(MAX_LINE_BYTES)
            if not more:
                return
            line = line[-OVERLAP:] + more
            yield line, False


def _unquoted(name: bytes) -> str:
    """A file name as git writes it: odd ones are quoted, with octal escapes."""
    if name.startswith(b'"') and name.endswith(b'"'):
        plain = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
        name = re.sub(
            rb"\\([0-7]{3}|.)",
            lambda m: bytes([int(m[1], 8) & 255]) if len(m[1]) == 3 else plain.get(m[1], m[1]),  # noqa: PLR2004
            name[1:-1],
        )
    return name.decode("utf-8", "replace")
