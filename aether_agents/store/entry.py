"""Entries of a task's stream, read as events."""

import json
from datetime import UTC, datetime

from aether_agents.contracts import Event, EventType, TaskStatus
from aether_agents.store.connection import Entry


def event_of(task_id: str, entry: Entry) -> Event:
    """An entry of a task's stream as an event."""
    number, fields = entry
    text = {name.decode(): value.decode() for name, value in fields.items()}
    return Event(
        seq=int(number.partition(b"-")[0]),
        type=EventType(text["t"]),
        task_id=task_id,
        subtask_id=text["s"] or None,
        at=datetime.fromtimestamp(int(text["a"]) / 1000, UTC),
        specialist=text["q"] or None,
        status=TaskStatus(text["u"]),
        progress=int(text["p"]) / 1000,
        message=text["m"],
        data=json.loads(text["d"]) if text["d"] else {},
    )
