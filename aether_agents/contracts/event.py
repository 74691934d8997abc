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


class ProfiledStep(Contract):
    """A subtask of the plan, with its items where it fanned out."""

    subtask: str = Field(description="Its id in the plan.")
    tool: str = Field(default="", description="`server/tool` that it called.")
    items: int = Field(default=0, description="Items that it fanned out to.")
    seconds: float = Field(description="From when it could begin to when it, and all of its items, had ended.")
    layers: dict[str, float] = Field(
        default_factory=dict, description="Seconds by layer; of items side by side, their sum."
    )
    decides: bool = Field(default=False, description="Whether it is on the way that decided how long the task took.")


class Profile(Contract):
    """Where the time of a task went.

    Layers: `slot` (waits until fewer tasks run), `planning`, `person` (waits for an answer), `paused`, `queue` (waits
    for a worker), `call` (a worker has it: policy, the tool, what came of it), `back-off` (between two attempts),
    `delivery` (from the end of one subtask until the next can begin, and to the end of the task).
    """

    seconds: float = Field(description="From when the task was accepted to its end, or to its last event.")
    layers: dict[str, float] = Field(
        default_factory=dict, description="Those seconds by layer, along the way that decided; the most first."
    )
    path: tuple[str, ...] = Field(default=(), description="The subtasks of that way, the first one first.")
    steps: tuple[ProfiledStep, ...] = Field(default=(), description="Each subtask, what took longest first.")
