"""ServerLog: what a server writes to its standard error, on disk, for its owner alone (`aether-agent servers logs`).

A traceback of a server never comes with the answer to a call. Several processes may run one server, so lines are
appended whole. What is hidden is redacted before it is written, and lines in which a program has wrapped it (as `rich`
wraps a traceback) are left out.
"""

import logging
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from aether_agents.process.private_folder import make_private
from aether_agents.process.redaction import Redactor, redact

log = logging.getLogger(__name__)

#: Bytes after which a log is moved aside; one older part is kept, so a log takes about twice this on disk.
LARGEST = 1_000_000
#: Bytes of a line that is not ended that are kept for its rest.
LONGEST_LINE = 16_384
#: Characters from which a line of a hidden value of several lines is hidden by itself.
LEAST_PART = 8

_WRAPPING = re.compile(r"[\s\u2500-\u257f\u2771]+")


def server_log_path(home: Path, server: str) -> Path:
    """Where the log of a server lies."""
    return home / "logs" / "servers" / f"{quote(server, safe='')}.log"


class ServerLog:
    """The log of one run of a server. A disk that takes nothing costs the log, never a call."""

    def __init__(self, home: Path, server: str, hidden: Iterable[str]) -> None:
        self._path = server_log_path(home, server)
        known = tuple(hidden)
        parts = (line for value in known for line in value.splitlines() if len(line) >= LEAST_PART)
        self._hidden = Redactor((*known, *parts))
        self._wrapped = Redactor(_squeezed(value) for value in known)
        self._rest = b""
        self._broken = False

    def add(self, chunk: bytes) -> None:
        """Write the lines that a chunk ends; keep the rest for the next one."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        self._rest = rest
        self._write(lines)

    def close(self) -> None:
        """Write what no line has ended."""
        rest, self._rest = self._rest, b""
        self._write([rest])

    def _write(self, lines: list[bytes]) -> None:
        said = [line for line in self._clean(b"\n".join(lines)) if line]
        if not said or self._broken:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        content = "".join(f"{stamp} [{os.getpid()}] {line}\n" for line in said).encode()
        try:
            self._append(content)
        except OSError as error:
            self._broken = True
            log.warning("what %s writes is not kept: %s: %s", self._path.stem, self._path, error.strerror)

    def _append(self, content: bytes) -> None:
        for folder in (self._path.parents[1], self._path.parent):
            make_private(folder)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.write(descriptor, content)
            full = os.fstat(descriptor).st_size > LARGEST
        finally:
            os.close(descriptor)
        if full:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))

    def _clean(self, raw: bytes) -> list[str]:
        text = redact(self._hidden.text(raw.decode("utf-8", "replace")))
        squeezed = _squeezed(text)
        if redact(self._wrapped.text(squeezed)) != squeezed:
            return ["(lines in which something hidden is wrapped are left out)"]
        return ["".join(char if char.isprintable() else " " for char in line).rstrip() for line in text.splitlines()]


def _squeezed(text: str) -> str:
    """A text without what wraps it: blanks, ends of lines and the lines of boxes."""
    return _WRAPPING.sub("", text)
