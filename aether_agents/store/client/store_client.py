"""What every part of the store works with: connection, keys, library, and documents sealed to their places."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aether_agents.contracts import Contract, HighLevelTask, Json, Outcome, Plan, PlannedSubtask
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import CannotOpen, Tampered, TaskNotFound
from aether_agents.settings.model import Settings
from aether_agents.store.client import migrations
from aether_agents.store.client.audit_writer import AuditWriter, Change
from aether_agents.store.client.connection import Connection, Part
from aether_agents.store.client.head import NO_HEAD, Head, Heads
from aether_agents.store.client.head_memory import OF_SCHEDULES, Seen
from aether_agents.store.client.keys import Keys
from aether_agents.store.client.lua_library import LuaLibrary
from aether_agents.store.client.migrations import Document
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Delivery, RunKey
from aether_agents.store.client.sealing import Sealer, is_sealed

#: Longest message of an event, in characters.
MESSAGE_MAX = 1_000

#: What a sealed text begins with that stands where others are read as they are.
_SEALED = "sealed:"


@dataclass(frozen=True)
class StoreClient:
    """One process's way into the store."""

    connection: Connection
    keys: Keys
    library: LuaLibrary
    sealer: Sealer
    settings: Settings
    audit: AuditWriter
    heads: Heads = field(default_factory=Heads)

    def call(self, name: str, *args: Part, tells: Change | None = None) -> Any:
        """Call one function of the Lua library. `tells` goes to the audit record if it changes anything."""
        return self.audit.carry(lambda said: self.library.call_saying(said, name, *args), tells)

    def seal(self, place: str, document: Contract, version: int = 0) -> bytes:
        """Seal a contract, with the form it has; what has its default value is left out."""
        return self.sealer.seal(place, migrations.mark(document, dump(document)), version)

    def seal_text(self, place: str, text: str) -> str:
        """Seal a text that stands where versions before wrote it in clear; nothing for nothing."""
        return _SEALED + base64.b64encode(self.sealer.seal(place, message_of(text))).decode() if text else ""

    def open_text(self, place: str, text: str) -> str:
        """Such a text, also one of before; that it does not open, where it does not."""
        if not text.startswith(_SEALED):
            return text
        try:
            return str(self.sealer.open(place, base64.b64decode(text.removeprefix(_SEALED))))
        except (CannotOpen, binascii.Error) as error:
            return f"({error})"

    def seal_head(self, task_id: str, head: Head) -> bytes:
        """Seal a Head; its number is its version."""
        return self.seal(Places.head(task_id), head, head.number)

    def seal_said(self, task_id: str, text: str | None) -> bytes:
        """Seal what an event says; nothing for nothing. As text: the version before reads every field as one."""
        return base64.b64encode(self.sealer.seal(Places.said(task_id), message_of(text))) if text else b""

    def open_said(self, task_id: str, blob: bytes) -> str:
        """What an event says; that it does not open, where it does not."""
        try:
            return str(self.sealer.open(Places.said(task_id), blob if is_sealed(blob) else _bytes(blob)))
        except CannotOpen as error:
            return f"({error})"

    def open_head(self, task_id: str, blob: bytes | None) -> Head:
        """Open the head of a task; of one without, `NO_HEAD`. Of a store that came back older, it says so (`later`).

        Raises:
            Tampered: it was changed, or an older one was put in its place.
        """
        if blob and (known := self.heads.known(task_id, blob)):
            return known
        if not self.heads.begun:
            self.note_server()
        head, now = self._head_of(task_id, blob), blob or b""
        if self.heads.later(task_id, head) is not None or not self.heads.saw(task_id, now, head):
            # Read before another wrote, or put back: what is there now?
            now = self._blob_now(task_id)
            present = self._head_of(task_id, now)
            if (seen := self.heads.later(task_id, present)) is not None and not self._same_server(seen):
                return present.model_copy(update={"later": max(seen.number, 1)})
            if seen is not None or (not self.heads.saw(task_id, now, present) and not self.note_server()):
                what = "the schedules that were added" if task_id == OF_SCHEDULES else f"the task `{task_id}`"
                raise Tampered(f"the head of {what} is an older one than was there before")
        return head

    def head_now(self, task_id: str) -> Head:
        """The head of a task as it is; none where it does not open: what is sealed under it counts nowhere."""
        try:
            return self.open_head(task_id, self.connection.command("HGET", self.keys.task(task_id), "head"))
        except CannotOpen:
            return NO_HEAD

    def _blob_now(self, task_id: str) -> bytes:
        if task_id == OF_SCHEDULES:
            return self.connection.command("GET", self.keys.schedules_head) or b""
        return self.connection.command("HGET", self.keys.task(task_id), "head") or b""

    def _same_server(self, seen: Seen) -> bool:
        """Whether the server that gives the heads is still the one on which something was seen."""
        self.note_server()
        return self.heads.here(seen)

    def note_server(self) -> bool:
        """Ask the server itself which one it is; True if it was restarted, or another took its place."""
        server, replication = self.connection.command("INFO", "server"), self.connection.command("INFO", "replication")
        return self.heads.on(f"{server.get('run_id')} {replication.get('master_replid')}")

    def _head_of(self, task_id: str, blob: bytes | None) -> Head:
        return self.open(Head, Places.head(task_id), blob) if blob else NO_HEAD

    def open_task(self, task_id: str, blob: bytes, head: Head) -> HighLevelTask:
        """Open a HighLevelTask."""
        return self.open_counted(HighLevelTask, Places.task(task_id), blob, head, "task")

    def open_plan(self, task_id: str, blob: bytes, head: Head) -> Plan:
        """Open a Plan."""
        return self.open_counted(Plan, Places.plan(task_id), blob, head, "plan")

    def open_subtask(self, task_id: str, subtask_id: str, blob: bytes, head: Head) -> PlannedSubtask:
        """Open a PlannedSubtask."""
        return self.open_counted(PlannedSubtask, Places.subtask(task_id, subtask_id), blob, head, f"d:{subtask_id}")

    def seal_outcome(self, task_id: str, subtask_id: str, outcome: Outcome, head: Head) -> bytes:
        """Seal an Outcome."""
        place = head.place(Places.outcome(task_id, subtask_id))
        return self.seal(place, outcome, head.of_outcome(subtask_id))

    def open_outcome(self, task_id: str, subtask_id: str, blob: bytes, head: Head) -> Outcome:
        """Open an Outcome: the version of it that the head's documents lead to.

        Raises:
            CannotOpen: as `open`.
        """
        place = head.place(Places.outcome(task_id, subtask_id))
        version = head.of_outcome(subtask_id) if head.bound else None
        return migrations.read(Outcome, place, self.sealer.open(place, blob, version))

    def open_counted(self, model: type[Document], place: str, blob: bytes, head: Head, field: str) -> Document:
        """Open a document that may be written again: the version of it that the head names.

        Raises:
            CannotOpen: as `open`.
            Tampered: it is another version, or there is no head though whoever wrote it wrote one.
        """
        place = head.place(place)
        value = self.sealer.open(place, blob, head.version(field) if head.number else None)
        if not head.number and migrations.form_of(value) >= migrations.WITH_HEAD:
            raise Tampered(f"the head of the task is missing, without which {place} does not count")
        return migrations.read(model, place, value)

    def read(self, model: type[Document], place: str, value: Json) -> Document:
        """A document that was opened.

        Raises:
            CannotOpen: a later version wrote it.
        """
        return migrations.read(model, place, value)

    def open(self, model: type[Document], place: str, blob: bytes) -> Document:
        """Open any document of ours.

        Raises:
            CannotOpen: its key is not here, it was changed or moved, or a later version wrote it.
        """
        return migrations.read(model, place, self.sealer.open(place, blob))

    def require(self, task_id: str) -> None:
        """Make sure that there is such a task.

        Raises:
            TaskNotFound: there is none.
        """
        if not self.connection.command("EXISTS", self.keys.task(task_id)):
            raise unknown(task_id)


class StorePart:
    """A part of the store."""

    def __init__(self, access: StoreClient) -> None:
        self._access = access


def dump(document: Contract) -> Json:
    """A contract as JSON, without what has its default value."""
    value: Json = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return value


def compact(value: Json) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _bytes(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def message_of(text: str | None) -> str:
    """A text as the message of an event."""
    return shorten(text or "", MESSAGE_MAX)


def deliveries(flat: list[bytes]) -> list[Delivery]:
    """What has to be sent, as the library answers it: task, subtask, queue, priority and again."""
    words = [part.decode() for part in flat]
    return [Delivery(words[i], words[i + 1], words[i + 2], int(words[i + 3])) for i in range(0, len(words), 4)]


def run_keys(flat: Iterable[bytes]) -> list[RunKey]:
    """Runs, as the library answers them: task, subtask, token and again."""
    words = [part.decode() for part in flat]
    return [(words[i], words[i + 1], int(words[i + 2])) for i in range(0, len(words), 3)]


def unknown(task_id: str) -> TaskNotFound:
    """The error for a task that is not there."""
    return TaskNotFound(f"there is no task `{task_id}` (any more); `aether-agent tasks` lists them")
