"""What every part of the store works with: connection, keys, library, and documents sealed to their places."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aether_agents.contracts import Contract, HighLevelTask, Json, Outcome, Plan, PlannedSubtask
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import TaskNotFound
from aether_agents.settings import Settings
from aether_agents.store import forms
from aether_agents.store.connection import Connection, Part
from aether_agents.store.forms import Document
from aether_agents.store.keys import Keys, Places
from aether_agents.store.library import Library
from aether_agents.store.replies import Delivery, RunKey
from aether_agents.store.sealing import Sealer

#: Longest message of an event, in characters.
MESSAGE_MAX = 1_000


@dataclass(frozen=True)
class Access:
    """One process's way into the store."""

    connection: Connection
    keys: Keys
    library: Library
    sealer: Sealer
    settings: Settings

    def call(self, name: str, *args: Part) -> Any:
        """Call one function of the Lua library."""
        return self.library.call(name, *args)

    def seal(self, place: str, document: Contract) -> bytes:
        """Seal a contract, with the form it has; what has its default value is left out."""
        return self.sealer.seal(place, forms.mark(dump(document)))

    def open_task(self, task_id: str, blob: bytes) -> HighLevelTask:
        """Open a HighLevelTask."""
        return self.open(HighLevelTask, Places.task(task_id), blob)

    def open_plan(self, task_id: str, blob: bytes) -> Plan:
        """Open a Plan."""
        return self.open(Plan, Places.plan(task_id), blob)

    def open_subtask(self, task_id: str, subtask_id: str, blob: bytes) -> PlannedSubtask:
        """Open a PlannedSubtask."""
        return self.open(PlannedSubtask, Places.subtask(task_id, subtask_id), blob)

    def open_outcome(self, task_id: str, subtask_id: str, blob: bytes) -> Outcome:
        """Open an Outcome."""
        return self.open(Outcome, Places.outcome(task_id, subtask_id), blob)

    def open(self, model: type[Document], place: str, blob: bytes) -> Document:
        """Open any document of ours.

        Raises:
            CannotOpen: its key is not here, it was changed or moved, or a later version wrote it.
        """
        return forms.read(model, place, self.sealer.open(place, blob))

    def require(self, task_id: str) -> None:
        """Make sure that there is such a task.

        Raises:
            TaskNotFound: there is none.
        """
        if not self.connection.command("EXISTS", self.keys.task(task_id)):
            raise unknown(task_id)


class Accessing:
    """A part of the store."""

    def __init__(self, access: Access) -> None:
        self._access = access


def dump(document: Contract) -> Json:
    """A contract as JSON, without what has its default value."""
    value: Json = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return value


def compact(value: Json) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


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
