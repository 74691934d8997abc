"""Framing: cuts a server's standard output into messages.

Linear in the size of a message (the SDK's own reader is quadratic: 20 MB cost 14 s), tolerant of
bytes that are not UTF-8, and bounded: a message over the limit is dropped as it flows by, so the
memory stays small and the session stays in step. What is known of a dropped message is the id of
the request it answers, so that its caller hears of it at once.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

#: Bytes kept of the beginning and of the end of a dropped message, to find its id.
EDGE = 256

# Servers write `{"jsonrpc":"2.0","id":7,"result":…` or `{"result":…,"jsonrpc":"2.0","id":7}`.
_ID = rb'"id"\s*:\s*(?:(\d{1,18})|"([^"\\]{1,80})")'
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*'
_HEAD = re.compile(rb"^\s*\{\s*(?:" + _VERSION + rb",\s*)?" + _ID)
_TAIL = re.compile(_ID + rb"\s*(?:,\s*" + _VERSION + rb")?\}\s*$")


class Overlong(NamedTuple):
    """A message that was dropped because it is over the limit."""

    request_id: int | str | None
    size: int


class Framing:
    """Feed it chunks; it gives back whole messages, and word of the ones it had to drop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._head = b""
        self._tail = b""
        self._dropping = False
        #: Bytes of the message that is arriving.
        self.size = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | Overlong]:
        """Messages that this chunk completes, in order."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._add(chunk[start:end])
            yield self._take()
            start = end + 1
        if start < len(chunk):
            self._add(chunk[start:])

    def _add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._dropping:
            self._tail = (self._tail + piece)[-EDGE:]
            return
        self._parts.append(piece)
        if self.size > self._limit:
            whole = b"".join(self._parts)
            self._head, self._tail = whole[:EDGE], whole[-EDGE:]
            self._parts, self._dropping = [], True

    def _take(self) -> bytes | Overlong:
        size, dropped = self.size, self._dropping
        message: bytes | Overlong
        message = Overlong(_find_id(self._head, self._tail), size) if dropped else b"".join(self._parts)
        self._parts, self._head, self._tail, self._dropping, self.size = [], b"", b"", False, 0
        return message


def answered_id(line: bytes) -> int | str | None:
    """The id of the request that a broken message seems to answer."""
    return _find_id(line[:EDGE], line[-EDGE:])


def _find_id(head: bytes, tail: bytes) -> int | str | None:
    found = _HEAD.search(head) or _TAIL.search(tail)
    if found is None:
        return None
    number, text = found.groups()
    return int(number) if number is not None else text.decode("utf-8", "replace")
