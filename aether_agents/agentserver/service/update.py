"""What a client is told: `agent_update`, made of an event; errors as values."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aether_agents.agentserver.service.backend import Backend
from aether_agents.contracts import STATUS_AFTER, Event, EventType, TaskView
from aether_agents.errors import AetherError

#: An acknowledgement, an update, an error: what goes over the line.
Message = dict[str, Any]

#: Updates that are remembered: as many as may be on their way to several followers.
UPDATES = 512

#: What each kind of event means; of a subtask, after its id.
SAID = {
    EventType.TASK_PENDING: "accepted",
    EventType.TASK_PLANNING: "is being planned",
    EventType.TASK_PLANNED: "there is a plan",
    EventType.TASK_RUNNING: "runs",
    EventType.TASK_WAITING: "waits for an answer",
    EventType.TASK_PAUSED: "paused",
    EventType.TASK_RESUMED: "goes on",
    EventType.TASK_REPLANNED: "is planned anew",
    EventType.TASK_COMPLETED: "completed",
    EventType.TASK_FAILED: "failed",
    EventType.TASK_CANCELLED: "cancelled",
    EventType.SUBTASK_READY: "is ready",
    EventType.SUBTASK_STARTED: "runs",
    EventType.SUBTASK_PROGRESS: "goes on",
    EventType.SUBTASK_RETRYING: "is tried again",
    EventType.SUBTASK_WAITING: "waits for an answer",
    EventType.SUBTASK_COMPLETED: "completed",
    EventType.SUBTASK_FAILED: "failed",
    EventType.SUBTASK_SKIPPED: "skipped",
    EventType.SUBTASK_CANCELLED: "cancelled",
    EventType.LOG: "says something",
}


def ended(task_id: str) -> Callable[[Backend], TaskView]:
    """Looks at a task that has ended, without its subtasks, of which there may be thousands."""
    return lambda backend: backend.orchestrator.view(task_id, outputs=True, subtasks=False)


def update_of(event: Event, ended: TaskView | None = None) -> Message:
    """The update that an event is. `ended` is the task as it stands, for the event that ends it."""
    update: Message = {
        "task_id": event.task_id,
        "seq": event.seq,
        "status": event.status.value,
        "progress": event.progress,
        "message": event.message or _said(event),
        "timestamp": event.at.isoformat(timespec="milliseconds"),
    }
    if event.specialist:
        update["agent_type"] = event.specialist
    if event.subtask_id and (status := STATUS_AFTER.get(event.type)):
        update["subtask"] = {"id": event.subtask_id, "status": status.value, "specialist": event.specialist}
    if question := event.data.get("intervention"):
        update["intervention"] = question
    if event.type is EventType.SUBTASK_FAILED:
        update["error"] = event.message
    if ended is not None:
        update |= _ending(ended)
    return update


def _said(event: Event) -> str:
    """What happened, in words, where nobody said more about it."""
    what = SAID[event.type]
    return f"{event.subtask_id} {what}" if event.subtask_id else what


def _ending(view: TaskView) -> Message:
    if view.error:
        return {"error": view.error}
    return {"result": dict(view.model_dump(mode="json")["outputs"])} if view.status.value == "completed" else {}


class Updates:
    """Updates of events, each made once for all who follow its task. Belongs to one event loop."""

    def __init__(self, ended: Callable[[str], Awaitable[TaskView]]) -> None:
        self._ended = ended
        self._known: dict[tuple[str, int], Message] = {}
        self._endings: dict[str, asyncio.Future[TaskView]] = {}

    async def of(self, event: Event) -> Message:
        """The update that an event is."""
        place = (event.task_id, event.seq)
        if known := self._known.get(place):
            return known
        update = update_of(event, await self._ending(event.task_id) if event.ends_task else None)
        if len(self._known) >= UPDATES:
            self._known.clear()
        return self._known.setdefault(place, update)

    async def _ending(self, task_id: str) -> TaskView:
        """The result of a task; read once for all who follow it."""
        known = self._endings.get(task_id)
        if known is None:
            known = self._endings[task_id] = asyncio.ensure_future(self._ended(task_id))
            known.add_done_callback(lambda _: self._endings.pop(task_id, None))
        return await asyncio.shield(known)


def lost(task_id: str, last: Message, error: AetherError) -> Message:
    """What a follower is told while the store is away: the task as it was last seen, and why nothing new comes."""
    return {
        "task_id": task_id,
        "seq": last.get("seq", 0),
        "status": last.get("status", "pending"),
        "progress": last.get("progress", 0.0),
        "message": str(error),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "code": error.code,
        "error": str(error),
    }


def error_of(error: AetherError, task_id: str | None = None) -> Message:
    """The body of an `agent_error`."""
    body: Message = {"code": error.code, "error": str(error)}
    return {**body, "task_id": task_id} if task_id else body
