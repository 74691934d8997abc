"""What this process says for the audit record: signed here, carried to the store by its next call there.

Each thread is a writer of its own, with numbers of its own: what one writer says arrives in its order or not at all, so
a number that is missing in the record was taken out of it. An entry holds labels and digests only. Digests are keyed:
who has no sealing key cannot find out a short value by trying.
"""

import hashlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aether_agents.contracts import Json
from aether_agents.store.client.sealing import Keyring

#: Characters of one text of an entry.
TEXT_MAX = 300

#: Entries that a writer keeps while the store is away. Beyond it the oldest go, and their numbers are missing.
KEPT_MAX = 1_000

#: Bytes of a signature, and of a digest.
_SIZE = 16

Fields = dict[str, Json]

#: What an entry tells: its kind and its fields.
Change = tuple[str, Mapping[str, Json]]

#: A call to the store that carries something; what it says, and the last number that was kept.
Call = Callable[[bytes], tuple[Any, int]]


#: Made once: `json.dumps` with options of its own makes one each time.
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(entry: Fields) -> bytes:
    """The one spelling of an entry that is signed and linked."""
    return _ENCODE(entry).encode()


def signature(text: bytes, key: bytes) -> str:
    """What only who has the key can put under an entry, in its one spelling."""
    return hashlib.blake2b(text, key=key, digest_size=_SIZE).hexdigest()


@dataclass
class _Writer:
    """One thread's entries that are not known to be kept."""

    name: str
    thread: threading.Thread
    lock: threading.RLock = field(default_factory=threading.RLock)
    last: int = 0  #: number of the last one that the store kept
    waiting: deque[tuple[bytes, Fields]] = field(default_factory=lambda: deque(maxlen=KEPT_MAX))
    numbered: list[tuple[int, bytes]] = field(default_factory=list)  #: said before: said again as they were


class AuditWriter:
    """The entries of one process. Thread-safe, and safe after a fork."""

    def __init__(self, keys: Keyring, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._keys = keys
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._name = os.urandom(6).hex()
        self._own = threading.local()
        self._lock = threading.Lock()
        self._writers: list[_Writer] = []
        self._count = 0

    def note(self, kind: str, **fields: Json) -> None:
        """Say something that has happened or is about to; the next call of this thread to the store carries it."""
        if self.enabled:
            self._mine().waiting.append((b"!", entry_of(kind, fields)))

    def carry(self, call: Call, change: Change | None = None) -> Any:
        """Make a call that carries what this thread has said. `change` counts only if the call changes anything."""
        if not self.enabled:
            return call(b"")[0]
        own = self._mine()
        if change is None and not own.waiting and not own.numbered:
            return call(b"")[0]
        try:
            return self._carried(own, call, change)
        except BaseException:
            if change is not None:  # whether it was kept is not known, so its number is not given again
                with own.lock:
                    own.numbered = [line for line in own.numbered if line[1].startswith(b"!")]
                self._own.writer = None
            raise

    def flush(self, call: Call) -> None:
        """Carry what any thread has said and nothing has carried yet."""
        if self._pid != os.getpid():
            return
        with self._lock:
            writers = [one for one in self._writers if one.waiting or one.numbered]
        for one in writers:
            with one.lock:
                if one.waiting or one.numbered:  # its thread may have carried it meanwhile
                    self._carried(one, call, None)

    def _carried(self, own: _Writer, call: Call, change: Change | None) -> Any:
        with own.lock:
            more = [(b"?", entry_of(*change))] if change is not None else []
            reply, kept = call(self._said(own, more))
            own.last = max(own.last, kept)
            own.numbered.clear()  # what was not kept now was about a change that did not happen
        return reply

    def digest(self, value: Json) -> str:
        """A digest of a value that only who has the key can make."""
        name = self._keys.newest
        text = _ENCODE(value).encode()
        return hashlib.blake2b(text, key=self._key(name), digest_size=_SIZE).hexdigest()

    def _said(self, own: _Writer, more: list[tuple[bytes, Fields]]) -> bytes:
        number = own.numbered[-1][0] if own.numbered else own.last
        while own.waiting or more:
            mode, fields = own.waiting.popleft() if own.waiting else more.pop()
            number += 1
            own.numbered.append((number, self._line(mode, number, fields | {"w": own.name, "i": number})))
        if not own.numbered:  # a flush has carried it between the look and the lock
            return b""
        return b"\n".join([own.name.encode(), *(line for _, line in own.numbered)])

    def signed(self, text: bytes) -> str:
        """What this process puts under an entry: `key id:signature`."""
        name = self._keys.newest
        return f"{name}:{signature(text, self._key(name))}"

    def _line(self, mode: bytes, number: int, entry: Fields) -> bytes:
        text = canonical(entry)
        return b"%s%d %s %s" % (mode, number, self.signed(text).encode(), text)

    def _key(self, name: str) -> bytes:
        return self._keys.of_audit(name) or b""

    def _mine(self) -> _Writer:
        if self._pid != os.getpid():  # we are a fork: what its parent has said is its parent's
            self._begin()
        found: _Writer | None = getattr(self._own, "writer", None)
        if found is None:
            with self._lock:
                found = self._spare() or self._another()
            self._own.writer = found
        return found

    def _spare(self) -> _Writer | None:
        """The writer of a thread that is no more: it goes on with its numbers."""
        found = next((one for one in self._writers if not one.thread.is_alive()), None)
        if found is not None:
            found.thread = threading.current_thread()
        return found

    def _another(self) -> _Writer:
        self._count += 1
        made = _Writer(f"{self._name}.{self._count}", threading.current_thread())
        self._writers = [one for one in self._writers if one.waiting or one.numbered or one.thread.is_alive()]
        self._writers.append(made)
        return made


def entry_of(kind: str, fields: Mapping[str, Json]) -> Fields:
    """An entry without its writer: what it tells, when, and no empty field."""
    kept: Fields = {
        name: value[:TEXT_MAX] if isinstance(value, str) else value
        for name, value in fields.items()
        if value not in (None, "")
    }
    return {"at": time.time_ns() // 1_000_000, "kind": kind, **kept}
