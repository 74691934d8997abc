"""The chain: each entry's line holds a SHA-256 over itself and the link of the line before it.

    link n = SHA-256(link n-1, n, time of arrival, signature, entry)

Anybody can check it. That nobody made it anew, checkpoints show: entries that sign number and link of the line before.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aether_agents.contracts import Json
from aether_agents.store.client.audit_writer import Fields, canonical

#: The link before the first entry.
GENESIS = "0" * 64

#: Largest batch that is unpacked, in bytes: a forged one cannot fill the memory.
_LARGEST = 64 * 1024 * 1024


class Line(NamedTuple):
    """One entry in its place."""

    number: int
    came: int  #: when the store took it, milliseconds
    signed: str  #: `key id:signature` of who wrote it
    text: bytes  #: the entry, in its one spelling
    link: str = ""

    @property
    def entry(self) -> Fields:
        """What it tells; nothing where it is no entry."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def shown(self) -> Fields:
        """The line as it is exported."""
        return {"n": self.number, "t": self.came, "signed": self.signed, "entry": self.entry, "link": self.link}


class End(NamedTuple):
    """Where a chain ends, or begins."""

    number: int = 0
    link: str = GENESIS


def link_of(before: str, line: Line) -> str:
    """The link of a line after the one with that link."""
    head = f"{before}\n{line.number} {line.came}\n{line.signed}\n".encode()
    return hashlib.sha256(head + line.text).hexdigest()


def linked(end: End, lines: Iterable[Line]) -> Iterator[Line]:
    """Lines after an end, with numbers and links."""
    number, link = end
    for one in lines:
        number += 1
        placed = one._replace(number=number)
        link = link_of(link, placed)
        yield placed._replace(link=link)


def packed(lines: Iterable[Line]) -> bytes:
    """Lines as one batch."""
    text = b"\n".join(f"{one.came} {one.signed} {one.link} ".encode() + one.text for one in lines)
    return zlib.compress(text, 1)


def unpacked(first: int, batch: bytes) -> list[Line]:
    """The lines of a batch; their numbers count on from `first`.

    Raises:
        ValueError: it is not one.
    """
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(batch, _LARGEST)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if stream.unconsumed_tail:
        raise ValueError("it is too large")
    found = []
    for at, row in enumerate(text.split(b"\n")):
        came, signed, link, body = row.split(b" ", 3)
        found.append(Line(first + at, int(came), signed.decode(), body, link.decode()))
    return found


def read_new(row: bytes) -> Line:
    """What a writer says, as it lies among the new ones: `<ms> <key id:signature> <entry>`.

    Raises:
        ValueError: it is none.
    """
    came, signed, text = row.split(b" ", 2)
    if b":" not in signed or not text.startswith(b"{"):
        raise ValueError("it is no entry")
    return Line(0, int(came), signed.decode(), text)


def read_exported(value: Json) -> Line:
    """A line as it was exported.

    Raises:
        ValueError: it is not one.
    """
    fields = _fields(value)
    number, came, signed, entry, link = (fields.get(name) for name in ("n", "t", "signed", "entry", "link"))
    good = isinstance(number, int) and isinstance(came, int) and isinstance(signed, str) and isinstance(link, str)
    if not good:
        raise ValueError("a line has n, t, signed, entry and link")
    return Line(int(str(number)), int(str(came)), str(signed), canonical(_fields(entry)), str(link))


def _fields(value: Json) -> Fields:
    if not isinstance(value, dict):
        raise ValueError("an object is wanted")  # noqa: TRY004 - as of any text that is not one
    return value
