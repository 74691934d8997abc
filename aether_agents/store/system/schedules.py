"""Schedules: which are paused, what each fired last, and those that people added beside the settings', sealed."""

import hashlib
import json
import logging
from collections.abc import Iterable

from aether_agents.contracts import AddedSchedule, Audit, Fired, Json, Note
from aether_agents.errors import CannotOpen
from aether_agents.store.client import migrations
from aether_agents.store.client.store_client import StorePart, compact

log = logging.getLogger(__name__)

#: The owner of a scheduled task names its schedule.
_OWNER = "schedule:"


class Schedules(StorePart):
    """Three fields of one hash per schedule."""

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
        said = what.model_dump(mode="json")
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
        return {
            name: migrations.read(Note, f"what is known of the schedule {name}", note) for name, note in found.items()
        }

    # -- added by people -----------------------------------------------------------------------------------------

    def add(self, name: str, schedule: AddedSchedule) -> bool:
        """Keep a schedule, sealed to its name; False where one of that name was added before."""
        blob = self._access.seal(_place(name), schedule)
        return bool(self._access.connection.command("HSETNX", self._access.keys.added_schedules, name, blob))

    def remove(self, name: str) -> bool:
        """Forget a schedule that was added, and what is known of it. Whether there was one."""
        gone = bool(self._access.connection.command("HDEL", self._access.keys.added_schedules, name))
        if gone:
            fields = [f"{kind}|{name}" for kind in ("paused", "fired", "audit")]
            self._access.connection.command("HDEL", self._access.keys.schedules, *fields)
        return gone

    def added(self) -> dict[str, AddedSchedule]:
        """The schedules that were added, by name. One that does not open is no schedule: it is logged, and left out."""
        found: dict[str, AddedSchedule] = {}
        for field, blob in sorted(
            self._access.connection.command("HGETALL", self._access.keys.added_schedules).items()
        ):
            name = field.decode(errors="replace")
            try:
                found[name] = self._access.open(AddedSchedule, _place(name), blob)
            except CannotOpen as error:
                log.warning("the schedule %s that was added is left out: %s", name, error)
        return found

    def added_digest(self) -> str:
        """Another one when schedules were added or removed."""
        rows = sorted(self._access.connection.command("HGETALL", self._access.keys.added_schedules).items())
        return hashlib.sha256(b"".join(field + blob for field, blob in rows)).hexdigest()


def _place(name: str) -> str:
    return f"schedules:added:{name}"


def owner_of(schedule: str) -> str:
    """The owner of a schedule's tasks."""
    return f"{_OWNER}{schedule}"


def schedule_of(owner: str) -> str | None:
    """The schedule that a task's owner names; none for a task that a person asked for."""
    return owner.removeprefix(_OWNER) if owner.startswith(_OWNER) else None
