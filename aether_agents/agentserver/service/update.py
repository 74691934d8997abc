"""What a client is told: `agent_update`, made of an event; errors as values."""

from typing import Any

from aether_agents.contracts import STATUS_AFTER, Event, EventType, TaskView
from aether_agents.errors import AetherError

#: An acknowledgement, an update, an error: what goes over the line.
Message = dict[str, Any]


def update_of(event: Event, ended: TaskView | None = None) -> Message:
    """The update that an event is. `ended` is the task as it stands, for the event that ends it."""
    update: Message = {
        "task_id": event.task_id,
        "seq": event.seq,
        "status": event.status.value,
        "progress": event.progress,
        "message": event.message,
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


def _ending(view: TaskView) -> Message:
    if view.error:
        return {"error": view.error}
    return {"result": dict(view.model_dump(mode="json")["outputs"])} if view.status.value == "completed" else {}


def error_of(error: AetherError, task_id: str | None = None) -> Message:
    """The body of an `agent_error`."""
    body: Message = {"code": error.code, "error": str(error)}
    return {**body, "task_id": task_id} if task_id else body
