"""AuditLog: the audit record as a process writes, reads and checks it."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from aether_agents import __version__
from aether_agents.contracts import Json, Outcome
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.process.local_journal import taken_from
from aether_agents.store.audit.chain import GENESIS, End, Line, read_new, unpacked
from aether_agents.store.audit.checkpoint import Signer, holds
from aether_agents.store.audit.head_file import HeadFile
from aether_agents.store.audit.verification import Fault, Known, Verdict, verify
from aether_agents.store.client.audit_writer import Change, Fields, signature
from aether_agents.store.client.replies import RunKey
from aether_agents.store.client.store_client import StoreClient, StorePart

#: Batches that are read at once.
_AT_ONCE = 200

#: Pins of one server that an entry names.
_PINS_MAX = 100

#: Entries of the tail that are looked at.
_TAIL_MAX = 10_000


class Tail(NamedTuple):
    """What has come and is not linked yet."""

    lines: tuple[Line, ...]
    unreadable: int


class Linked(NamedTuple):
    """How far the record is linked."""

    entries: int  #: in the chain, since it began
    waiting: bool  #: whether something has come that is not in it
    waits: float  #: seconds the oldest of that has waited


class AuditLog(StorePart):
    """Notes are carried by the next call to the store; `flush` carries what is left."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self.heads = HeadFile(access.settings.home, f"{access.connection.address} {access.keys.prefix}")

    @cached_property
    def signer(self) -> Signer:
        """What signs checkpoints.

        Raises:
            InvalidSettings: its key cannot be read.
        """
        return Signer(self._access.settings, self._access.sealer.keys)

    def note(self, kind: str, **fields: Json) -> None:
        """Say something for the record; the next call of this thread to the store carries it."""
        self._access.audit.note(kind, **fields)

    def begun(self) -> None:
        """Say that this process begins to make calls, and under which policy."""
        rules: Json = self._access.settings.policy.model_dump(mode="json")
        host = f"{socket.gethostname()}:{os.getpid()}"
        self.note("worker.started", host=host, version=__version__, policy=self.digest(rules))

    def ended(self, run: RunKey, outcome: Outcome, again: float | None) -> None:
        """Say that a run ended, if otherwise than well."""
        if outcome.status == "completed":
            return
        status = outcome.status if again is None else "retried"
        task_id, subtask_id, token = run
        self.note("subtask.ended", task=task_id, subtask=subtask_id, run=token, status=status, error=outcome.error_kind)

    def digest(self, value: Json) -> str:
        """A digest of a value for the record: only who has the sealing key can make it."""
        return self._access.audit.digest(value)

    def write(self) -> None:
        """Have what this thread has said in the store before it goes on.

        Raises:
            StoreUnavailable: it is not there.
        """
        if self._access.audit.enabled:
            self._access.call("audit")

    def flush(self) -> None:
        """Carry what any thread has said and nothing has carried yet.

        Raises:
            StoreUnavailable: the store is away; it is kept for the next time.
        """
        home = self._access.settings.home
        for entry in taken_from(home) if home != Path() and self._access.audit.enabled else ():
            self.note(str(entry.pop("kind", "")), **entry)
        self._access.audit.flush(lambda said: self._access.library.call_saying(said, "audit"))

    def lines(self, after: int = 0) -> Iterator[Line]:
        """The chain, from the entry after that number on.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        at = "-"
        while True:
            found = self._access.connection.command("XRANGE", self._access.keys.audit, at, "+", "COUNT", _AT_ONCE)
            for entry, fields in found:
                if int(fields.get(b"n", 0)) > after:
                    yield from (one for one in _batch(fields) if one.number > after)
                at = f"({entry.decode()}"
            if len(found) < _AT_ONCE:
                return

    def tail(self) -> Tail:
        """What has come and is not linked yet, in its order."""
        lines, bad = [], 0
        for row in filter(None, self._access.library.call("audit_take", _TAIL_MAX)[5].split(b"\n")):
            try:
                lines.append(read_new(row))
            except ValueError:
                bad += 1
        return Tail(tuple(lines), bad)

    def end(self) -> End:
        """Where the chain ends."""
        number, link = self._access.connection.command("HMGET", self._access.keys.audit_head, "number", "link")
        return End(int(number or 0), (link or GENESIS.encode()).decode())

    def linked(self) -> Linked:
        """How far the record is linked: a few small reads."""
        keys = self._access.keys
        number, first, now = self._access.connection.commands(
            [("HGET", keys.audit_head, "number"), ("XRANGE", keys.audit_new, "-", "+", "COUNT", 1), ("TIME",)]
        )
        came = int(first[0][0].decode().partition("-")[0]) / 1000 if first else 0.0
        return Linked(int(number or 0), bool(first), max(0.0, int(now[0]) - came) if first else 0.0)

    def head(self, at: int) -> Fields:
        """Where the chain ends now, signed: kept elsewhere, it shows later whether the store came back older."""
        return self.signer.sign("reached", self.end(), at)

    def genuine(self, line: Line) -> bool | None:
        """Whether a writer who has the key signed an entry; None where that key is not here."""
        name, _, mark = line.signed.partition(":")
        key = self._access.sealer.keys.of_audit(name)
        return None if key is None else signature(line.text, key) == mark

    def verify(self, heads: tuple[Mapping[str, Json], ...] = (), keys: frozenset[str] = frozenset()) -> Verdict:
        """Check the whole chain, against heads that were exported and those that this machine has seen.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        known = keys | self.signer.known
        anchor, wrong = self._anchor(known)
        found = verify(self.lines(), Known(self.genuine, known, anchor, (*self.heads.all(), *heads)))
        end = self.end()
        more = [] if wrong is None else [wrong]
        if found.end != end and found.entries:
            more.append(
                Fault("removed", found.end.number, f"the chain ends at {found.end.number}, its head says {end.number}")
            )
        return found._replace(faults=(*more, *found.faults))

    def anchor(self) -> Fields:
        """Up to where entries were retired, signed; empty when none were."""
        blob = self._access.connection.command("HGET", self._access.keys.audit_head, "anchor")
        value = json.loads(blob) if blob else {}
        return value if isinstance(value, dict) else {}

    def _anchor(self, known: frozenset[str]) -> tuple[End, Fault | None]:
        signed = self.anchor()
        if not signed:
            return End(), None
        if not holds("retired", signed, known):
            return End(), Fault("anchor", 0, "what is said to be retired is not signed with a known key")
        return End(int(str(signed["number"])), str(signed["link"])), None


def _batch(fields: Mapping[bytes, bytes]) -> list[Line]:
    """The lines of a batch; one that cannot be read is missing from the chain, and verification says so."""
    try:
        return unpacked(int(fields[b"k"]), fields[b"z"])
    except (ValueError, KeyError):
        return []


def server_changed(before: CatalogueEntry | None, after: CatalogueEntry) -> Change | None:
    """What the record hears of a server that was listed or accepted: only what is otherwise than before."""
    same = before is not None and (before.status, before.accepted) == (after.status, after.accepted)
    if same:
        return None
    pins: Json = dict(sorted(after.accepted.items())[:_PINS_MAX])
    fields: Fields = {"server": after.server, "status": after.status, "by": after.accepted_by, "pins": pins}
    return "server.changed", {**fields, "listing": after.digest}
