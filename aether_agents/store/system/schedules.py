"""Schedules: which are paused, what each fired last, and those that people added beside the settings', sealed."""

import hashlib
import json
import logging
from collections.abc import Iterable

from aether_agents.contracts import AddedSchedule, Audit, Fired, Json, Note
from aether_agents.errors import CannotOpen
from aether_agents.store.client import migrations
from aether_agents.store.client.head import NO_HEAD, Head, first_head
from aether_agents.store.client.head_memory import OF_SCHEDULES
from aether_agents.store.client.places import Places
from aether_agents.store.client.store_client import StoreClient, StorePart, compact
from aether_agents.store.system.alerts import Alerts

log = logging.getLogger(__name__)

#: The owner of a scheduled task names its schedule.
_OWNER = "schedule:"


class Schedules(StorePart):
    """Three fields of one hash per schedule; and those that people added, with a head that says which of them count."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._told = ""  # of what is no accident, so that it is said once

    def pause(self, name: str) -> None:
        """Leave out the slots of a schedule until it is resumed."""
        self._access.connection.command("HSET", self._access.keys.schedules, f"paused|{name}", "1")

    def resume(self, name: str) -> bool:
        """Fire it again, from its next slot on. Whether it was paused."""
        return bool(self._access.connection.command("HDEL", self._access.keys.schedules, f"paused|{name}"))

    def paused(self, name: str) -> bool:
        """Whether it is paused."""
        return bool(self._access.connection.command("HEXISTS", self._access.keys.schedules, f"paused|{name}"))

    def fired(self, name: str, what: Fired) -> None:
        """Remember what became of a slot, and count it; one that is told again is counted once."""
        sealed = what.model_copy(update={"error": self._access.seal_text(Places.fired(name), what.error)})
        said = sealed.model_dump(mode="json")
        result = "fired" if what.task_id else "paused" if what.error == "paused" else "failed"
        self._access.call("slot_told", name, str(said["slot"]), compact(said), result, what.missed)

    def audited(self, name: str, audit: Audit) -> None:
        """Remember what a schedule's task found, to be compared with next time."""
        text = compact(audit.model_dump(mode="json"))
        self._access.connection.command("HSET", self._access.keys.schedules, f"audit|{name}", text)

    def audit(self, name: str) -> Audit | None:
        """What it found last."""
        text = self._access.connection.command("HGET", self._access.keys.schedules, f"audit|{name}")
        return Audit.model_validate_json(text) if text else None

    def forget(self, keep: Iterable[str]) -> None:
        """Forget all about schedules that are no longer there."""
        kept = set(keep)
        for field in self._access.connection.command("HKEYS", self._access.keys.schedules):
            if field.decode().partition("|")[2] not in kept:
                self._access.connection.command("HDEL", self._access.keys.schedules, field)

    def notes(self) -> dict[str, Note]:
        """What is known of each schedule.

        Raises:
            CannotOpen: a later version fired one.
        """
        found: dict[str, dict[str, Json]] = {}
        for field, value in self._access.connection.command("HGETALL", self._access.keys.schedules).items():
            kind, _, name = field.decode().partition("|")
            found.setdefault(name, {})[kind] = True if kind == "paused" else json.loads(value)
        notes = {
            name: migrations.read(Note, f"what is known of the schedule {name}", note) for name, note in found.items()
        }
        return {name: self._in_clear(name, note) for name, note in notes.items()}

    def _in_clear(self, name: str, note: Note) -> Note:
        if note.fired is None:
            return note
        said = self._access.open_text(Places.fired(name), note.fired.error)
        return note.model_copy(update={"fired": note.fired.model_copy(update={"error": said})})

    # -- added by people -----------------------------------------------------------------------------------------

    def add(self, name: str, schedule: AddedSchedule) -> bool:
        """Keep a schedule, sealed to its name; False where one of that name was added before."""
        while True:
            before, head, known = self._counted()
            if name in known:
                return False
            if self._changed(name, before, head, {one: head.versions[one] for one in known}, schedule):
                return True

    def remove(self, name: str) -> bool:
        """Forget a schedule that was added, and what is known of it. Whether there was one."""
        while True:
            before, head, known = self._counted()
            if name not in known:
                return False
            kept = {one: head.versions[one] for one in known if one != name}
            if self._changed(name, before, head, kept):
                fields = [f"{kind}|{name}" for kind in ("paused", "fired", "audit")]
                self._access.connection.command("HDEL", self._access.keys.schedules, *fields)
                return True

    def added(self) -> dict[str, AddedSchedule]:
        """The schedules that were added, by name. One that does not open, or was removed and is there again, is no
        schedule: it is logged, and left out.
        """
        return self._counted()[2]

    def _changed(
        self, name: str, before: bytes, head: Head, kept: dict[str, int], schedule: AddedSchedule | None = None
    ) -> bool:
        """Write a schedule, or take it out, with the head after it; False where another was faster."""
        number = max(head.number, head.later, 1) + 1  # from 2 on a machine remembers a head
        after = (head if head.number else first_head()).model_copy(update={"number": number, "later": 0})
        after = after.model_copy(update={"versions": {**kept, name: number} if schedule is not None else kept})
        blob = self._access.seal(Places.schedule(name), schedule, number) if schedule is not None else b""
        sealed = self._access.seal_head(OF_SCHEDULES, after)
        done: bool = self._access.call("keep_schedule", name, blob, before, sealed) == b"ok"
        if done:
            self._access.heads.saw(OF_SCHEDULES, sealed, after)
        return done

    def _counted(self) -> tuple[bytes, Head, dict[str, AddedSchedule]]:
        """The head as it is kept, opened, and the schedules that count by it."""
        blob, rows = self._access.connection.commands(
            [("GET", self._access.keys.schedules_head), ("HGETALL", self._access.keys.added_schedules)]
        )
        found = {field.decode(errors="replace"): sealed for field, sealed in sorted(rows.items())}
        try:
            head = self._access.open_head(OF_SCHEDULES, blob)
        except CannotOpen as error:
            self._suspect(f"{error}: none of them is fired until it is added again (`aether-agent schedule add`)")
            return blob or b"", self._void(), {}
        if head.later:
            self._suspect("they came back older than this machine knew them: add again what is to be fired")
            return blob or b"", head, {}
        if head is NO_HEAD:  # of a version before: what opens counts, until one is added or removed
            head = head.model_copy(update={"versions": dict.fromkeys(found, 0)})
        known = {}
        for name in head.versions:
            try:
                known[name] = self._opened(name, found.get(name, b""), head.version(name))
            except CannotOpen as error:
                log.warning("the schedule %s that was added is left out: %s", name, error)
        for name in found.keys() - head.versions.keys():
            log.warning(
                "the schedule %s that was added is left out: it was removed, or nobody with the key added it", name
            )
        return blob or b"", head, known

    def _opened(self, name: str, blob: bytes, version: int) -> AddedSchedule:
        value = self._access.sealer.open(Places.schedule(name), blob, version)
        return migrations.read(AddedSchedule, Places.schedule(name), value)

    def _void(self) -> Head:
        """What a head begins with after one that is not believed: later than any that was seen here."""
        seen = self._access.heads.later(OF_SCHEDULES, NO_HEAD)
        return first_head().model_copy(update={"number": seen.number if seen is not None else 1})

    def _suspect(self, text: str) -> None:
        if text != self._told:
            self._told = text
            Alerts(self._access).suspect("broken document", "the schedules that were added", text)

    def added_digest(self) -> str:
        """Another one when schedules were added or removed."""
        head, rows = self._access.connection.commands(
            [("GET", self._access.keys.schedules_head), ("HGETALL", self._access.keys.added_schedules)]
        )
        return hashlib.sha256(
            b"".join([head or b"", *(part for row in sorted(rows.items()) for part in row)])
        ).hexdigest()


def owner_of(schedule: str) -> str:
    """The owner of a schedule's tasks."""
    return f"{_OWNER}{schedule}"


def schedule_of(owner: str) -> str | None:
    """The schedule that a task's owner names; none for a task that a person asked for."""
    return owner.removeprefix(_OWNER) if owner.startswith(_OWNER) else None
