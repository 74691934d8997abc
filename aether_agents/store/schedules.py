"""Schedules: which are paused, and what each fired last. Times and ids, nothing secret."""

import json

from aether_agents.contracts import Fired, Note
from aether_agents.store.access import Accessing, compact

#: The owner of a scheduled task names its schedule.
_OWNER = "schedule:"


class Schedules(Accessing):
    """Two fields of one hash per schedule."""

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
        """Remember what became of a slot."""
        text = compact(what.model_dump(mode="json"))
        self._access.connection.command("HSET", self._access.keys.schedules, f"fired|{name}", text)

    def notes(self) -> dict[str, Note]:
        """What is known of each schedule."""
        found: dict[str, dict[str, object]] = {}
        for field, value in self._access.connection.command("HGETALL", self._access.keys.schedules).items():
            kind, _, name = field.decode().partition("|")
            found.setdefault(name, {})[kind] = True if kind == "paused" else json.loads(value)
        return {name: Note.model_validate(fields) for name, fields in found.items()}


def owner_of(schedule: str) -> str:
    """The owner of a schedule's tasks."""
    return f"{_OWNER}{schedule}"


def schedule_of(owner: str) -> str | None:
    """The schedule that a task's owner names; none for a task that a person asked for."""
    return owner.removeprefix(_OWNER) if owner.startswith(_OWNER) else None
