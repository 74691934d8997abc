"""Tasks as the store tells of them: views and events, made with few words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aether_agents.contracts import Event, EventType, PlanView, SubtaskStatus, SubtaskView, TaskStatus, TaskView

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
TASK = "3fa9c1d2e0b7"


def at(seconds: float) -> datetime:
    """A moment after the start of the task."""
    return START + timedelta(seconds=seconds)


def subtask(
    subtask_id: str, /, *needs: str, tool: str = "secrets/scan", status: str = "pending", **more: Any
) -> SubtaskView:
    """One subtask of the security specialist."""
    fields = {"name": subtask_id, **more}
    return SubtaskView(
        id=subtask_id, specialist="security", tool=tool, needs=needs, status=SubtaskStatus(status), **fields
    )


def task(*subtasks: SubtaskView, status: str = "running", **more: Any) -> TaskView:
    """A task made from a template."""
    return TaskView(
        **{
            "task_id": TASK,
            "description": "Onboard this project",
            "status": TaskStatus(status),
            "created_at": START,
            "plan": PlanView(origin="template", template="onboard_project", confidence=0.92, delivery="canvas"),
            "subtasks": subtasks,
            **more,
        }
    )


class Recording:
    """Numbers events as the store does."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, kind: str, subtask_id: str | None = None, seconds: float = 0, **more: Any) -> Event:
        """The next event, `seconds` after the start."""
        event = Event(
            **{
                "seq": len(self.events) + 1,
                "type": EventType(kind),
                "task_id": TASK,
                "subtask_id": subtask_id,
                "at": at(seconds),
                "status": TaskStatus.RUNNING,
                "progress": 0.0,
                **more,
            }
        )
        self.events.append(event)
        return event
