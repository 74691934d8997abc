"""Event: what happened, in order, numbered per task from 1 without gaps. The list is closed."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.status import SubtaskStatus, TaskStatus


class EventType(StrEnum):
    """Every kind of event there is."""

    TASK_PENDING = "task.pending"  #: accepted
    TASK_PLANNING = "task.planning"  #: a planner took it
    TASK_PLANNED = "task.planned"  #: `data` has origin, template, confidence, subtasks
    TASK_RUNNING = "task.running"  #: its subtasks are being delivered
    TASK_WAITING = "task.waiting"  #: `data.intervention` says what is asked
    TASK_PAUSED = "task.paused"
    TASK_RESUMED = "task.resumed"
    TASK_REPLANNED = "task.replanned"
    TASK_COMPLETED = "task.completed"
    TASK_FAILED = "task.failed"
    TASK_CANCELLED = "task.cancelled"
    SUBTASK_READY = "subtask.ready"
    SUBTASK_STARTED = "subtask.started"
    SUBTASK_PROGRESS = "subtask.progress"
    SUBTASK_RETRYING = "subtask.retrying"
    SUBTASK_WAITING = "subtask.waiting"  #: `data.intervention` says what is asked
    SUBTASK_COMPLETED = "subtask.completed"
    SUBTASK_FAILED = "subtask.failed"
    SUBTASK_SKIPPED = "subtask.skipped"
    SUBTASK_CANCELLED = "subtask.cancelled"
    LOG = "log"


#: What a subtask is after an event about it.
STATUS_AFTER: Mapping[EventType, SubtaskStatus] = {
    EventType.SUBTASK_READY: SubtaskStatus.READY,
    EventType.SUBTASK_STARTED: SubtaskStatus.RUNNING,
    EventType.SUBTASK_PROGRESS: SubtaskStatus.RUNNING,
    EventType.SUBTASK_RETRYING: SubtaskStatus.RETRYING,
    EventType.SUBTASK_WAITING: SubtaskStatus.WAITING,
    EventType.SUBTASK_COMPLETED: SubtaskStatus.COMPLETED,
    EventType.SUBTASK_FAILED: SubtaskStatus.FAILED,
    EventType.SUBTASK_SKIPPED: SubtaskStatus.SKIPPED,
    EventType.SUBTASK_CANCELLED: SubtaskStatus.CANCELLED,
}

TERMINAL_EVENTS = frozenset({EventType.TASK_COMPLETED, EventType.TASK_FAILED, EventType.TASK_CANCELLED})


class Event(Contract):
    """One thing that happened to a task."""

    seq: int = Field(ge=1, description="Its number in its task; gaps never occur.")
    type: EventType = Field(description="What happened.")
    task_id: str = Field(description="The task.")
    subtask_id: str | None = Field(default=None, description="The subtask, if it is about one.")
    at: datetime = Field(description="When, UTC, to the millisecond, by the store's clock.")
    specialist: str | None = Field(default=None, description="The specialist, if it is about one.")
    status: TaskStatus = Field(description="The task's status after it.")
    progress: float = Field(ge=0, le=1, description="Share of the task's subtasks that have ended.")
    message: str = Field(default="", description="A sentence for people, redacted.")
    data: dict[str, Json] = Field(default_factory=dict, description="Labels and redacted summaries, 8 KiB at most.")

    @property
    def ends_task(self) -> bool:
        """Whether nothing follows it."""
        return self.type in TERMINAL_EVENTS
