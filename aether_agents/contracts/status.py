"""The two state machines, each as one table. No other code names an arrow.

The store renders both tables into its Lua library, so the scripts that change a state and the
programs that read one can never disagree.
"""

from collections.abc import Mapping
from enum import StrEnum


class TaskStatus(StrEnum):
    """What a HighLevelTask is doing. The words are AetherTerm's own."""

    PENDING = "pending"  #: accepted, not yet looked at by a planner
    PLANNING = "planning"  #: a planner is decomposing it
    RUNNING = "running"  #: its subtasks are being delivered
    WAITING = "waiting_user_input"  #: nothing can go on until a person answers
    PAUSED = "paused"  #: a person stopped it; nothing new is started
    COMPLETED = "completed"  #: every subtask ended as the plan allows
    FAILED = "failed"  #: planning or a subtask failed, or its time ran out
    CANCELLED = "cancelled"  #: a person ended it


class SubtaskStatus(StrEnum):
    """What one node of a plan is doing."""

    PENDING = "pending"  #: something it needs has not ended
    READY = "ready"  #: may be claimed by its specialist
    RUNNING = "running"  #: claimed, under a lease
    RETRYING = "retrying"  #: failed, will be ready again at its `not_before`
    WAITING = "waiting_user_input"  #: a person is asked
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"  #: a need failed, or its condition did not hold
    CANCELLED = "cancelled"


TERMINAL_TASK = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED})
TERMINAL_SUBTASK = frozenset(
    {
        SubtaskStatus.COMPLETED,
        SubtaskStatus.FAILED,
        SubtaskStatus.SKIPPED,
        SubtaskStatus.CANCELLED,
    }
)

_OPEN_ENDS = (TaskStatus.FAILED, TaskStatus.CANCELLED)

#: From a task status to the statuses it may take next.
TASK_ARROWS: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.PLANNING, TaskStatus.PAUSED, *_OPEN_ENDS}),
    TaskStatus.PLANNING: frozenset(
        {
            TaskStatus.PENDING,
            TaskStatus.RUNNING,
            TaskStatus.WAITING,
            TaskStatus.PAUSED,
            TaskStatus.COMPLETED,
            *_OPEN_ENDS,
        }
    ),
    TaskStatus.RUNNING: frozenset({TaskStatus.WAITING, TaskStatus.PAUSED, TaskStatus.COMPLETED, *_OPEN_ENDS}),
    TaskStatus.WAITING: frozenset(
        {
            TaskStatus.PLANNING,
            TaskStatus.RUNNING,
            TaskStatus.PAUSED,
            TaskStatus.COMPLETED,
            *_OPEN_ENDS,
        }
    ),
    TaskStatus.PAUSED: frozenset(
        {
            TaskStatus.PENDING,
            TaskStatus.PLANNING,
            TaskStatus.RUNNING,
            TaskStatus.WAITING,
            TaskStatus.COMPLETED,
            *_OPEN_ENDS,
        }
    ),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}

#: From a subtask status to the statuses it may take next.
SUBTASK_ARROWS: Mapping[SubtaskStatus, frozenset[SubtaskStatus]] = {
    SubtaskStatus.PENDING: frozenset(
        {
            SubtaskStatus.READY,
            SubtaskStatus.WAITING,
            SubtaskStatus.SKIPPED,
            SubtaskStatus.FAILED,  # as another call of its server did, which nobody may make any more
            SubtaskStatus.CANCELLED,
        }
    ),
    SubtaskStatus.READY: frozenset(
        {
            SubtaskStatus.RUNNING,
            SubtaskStatus.WAITING,
            SubtaskStatus.SKIPPED,
            SubtaskStatus.FAILED,  # the same
            SubtaskStatus.CANCELLED,
        }
    ),
    SubtaskStatus.RUNNING: frozenset(
        {
            SubtaskStatus.PENDING,  # it fanned out and now waits for its children
            SubtaskStatus.READY,  # its lease was lost and it may safely run again
            SubtaskStatus.RETRYING,
            SubtaskStatus.WAITING,
            *TERMINAL_SUBTASK,
        }
    ),
    SubtaskStatus.RETRYING: frozenset({SubtaskStatus.READY, SubtaskStatus.FAILED, SubtaskStatus.CANCELLED}),
    SubtaskStatus.WAITING: frozenset(
        {
            SubtaskStatus.READY,
            SubtaskStatus.RETRYING,  # the late outcome of a lost run says that it may be tried again
            *TERMINAL_SUBTASK,
        }
    ),
    SubtaskStatus.COMPLETED: frozenset(),
    SubtaskStatus.FAILED: frozenset(),
    SubtaskStatus.SKIPPED: frozenset(),
    SubtaskStatus.CANCELLED: frozenset(),
}
