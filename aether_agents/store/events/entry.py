"""Entries of a task's stream, read as events by who has the key: texts are sealed, and of questions there is the id."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from aether_agents.contracts import Event, EventType, Json, TaskStatus
from aether_agents.store.client.connection import Entry
from aether_agents.store.client.store_client import StoreClient, dump
from aether_agents.store.interventions import questions


def events_of(access: StoreClient, task_id: str, entries: Iterable[Entry]) -> list[Event]:
    """Entries of a task's stream as events, with what is said and asked in them."""
    events = [_event(access, task_id, entry) for entry in entries]
    ids = {name: event for event in events if (name := _asked(event))}
    if not ids:
        return events
    key = access.keys.subtasks(task_id)
    texts = dict(zip(ids, access.connection.command("HMGET", key, *(f"q:{name}" for name in ids)), strict=True))
    return [_with_question(access, event, texts) for event in events]


def _event(access: StoreClient, task_id: str, entry: Entry) -> Event:
    number, fields = entry
    sealed = fields.get(b"x", b"")  # versions before said all in clear
    text = {name.decode(): value.decode() for name, value in fields.items() if name != b"x"}
    event_type = EventType(text["t"])
    data = json.loads(text["d"]) if text["d"] else {}
    said = access.open_said(task_id, sealed) if sealed else ""
    if said and "fault_of" in data:
        said = f"{data['fault_of']}: {said}"
    if said and text["m"] and event_type is EventType.LOG:
        said = f"{said}; {text['m']}"
    return Event(
        seq=int(number.partition(b"-")[0]),
        type=event_type,
        task_id=task_id,
        subtask_id=text["s"] or None,
        at=datetime.fromtimestamp(int(text["a"]) / 1000, UTC),
        specialist=text["q"] or None,
        status=TaskStatus(text["u"]),
        progress=int(text["p"]) / 1000,
        message=said or text["m"],
        data=data,
    )


def _asked(event: Event) -> str:
    """The id of the question that an event is about; none where the whole question stands there, as it did before."""
    asked = event.data.get("intervention")
    name = asked.get("id") if isinstance(asked, dict) and "kind" not in asked else None
    return name if isinstance(name, str) else ""


def _with_question(access: StoreClient, event: Event, texts: dict[str, bytes | None]) -> Event:
    name = _asked(event)
    if not name:
        return event
    asked = event.data["intervention"]
    whose = asked.get("subtask_id") if isinstance(asked, dict) else None
    question = questions.shown(access, event.task_id, name, str(whose or ""), texts[name])
    body: Json = dump(question)
    return event.model_copy(update={"data": {**event.data, "intervention": body}})
