"""Contracts: the values that cross a process boundary. Frozen, versioned, every field described."""

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.event import STATUS_AFTER, TERMINAL_EVENTS, Event, EventType
from aether_agents.contracts.expressions.reference import (
    MISSING,
    Reference,
    depends,
    escape,
    extend,
    find,
    holds,
    meets,
    parse_path,
    render,
    resolve,
    substitute,
    walk,
    whole,
)
from aether_agents.contracts.intervention import Answer, GivenAnswer, Intervention
from aether_agents.contracts.outcome import (
    Again,
    Carried,
    ErrorKind,
    Kept,
    KeptItem,
    KeptItems,
    Outcome,
    Rerun,
    RerunOf,
)
from aether_agents.contracts.plan import (
    Call,
    Condition,
    Delivery,
    Elicited,
    InputSpec,
    Origin,
    Plan,
    PlannedSubtask,
    Retry,
    Subtask,
    Template,
    Understood,
)
from aether_agents.contracts.schedule import Audit, Fired, Note
from aether_agents.contracts.server import Install, Isolation, ServerSpec
from aether_agents.contracts.specialist import Specialist
from aether_agents.contracts.status import (
    SUBTASK_ARROWS,
    TASK_ARROWS,
    TERMINAL_SUBTASK,
    TERMINAL_TASK,
    SubtaskStatus,
    TaskStatus,
)
from aether_agents.contracts.task import HighLevelTask, Role, new_task_id
from aether_agents.contracts.tool import (
    RISK_ORDER,
    Annotations,
    Expect,
    Risk,
    Tool,
    ToolRow,
    Verb,
    Verify,
    asks,
    covers,
)
from aether_agents.contracts.view import Irreversible, PlanView, SubtaskView, TaskView, Undoing

__all__ = [  # noqa: RUF022 - grouped by subject: it reads as a table of contents
    # The shape of all
    "Contract",
    "Json",
    # What is asked
    "Audit",
    "Fired",
    "HighLevelTask",
    "Role",
    "new_task_id",
    # What is planned
    "Template",
    "Understood",
    "InputSpec",
    "Plan",
    "Subtask",
    "PlannedSubtask",
    "Retry",
    "Condition",
    "Call",
    "Origin",
    "Delivery",
    "Elicited",
    # References, and what conditions mean
    "Reference",
    "find",
    "whole",
    "covers",
    "depends",
    "resolve",
    "substitute",
    "escape",
    "extend",
    "render",
    "walk",
    "parse_path",
    "holds",
    "meets",
    "MISSING",
    # Who does it, with what
    "Specialist",
    "ServerSpec",
    "Install",
    "Isolation",
    "Tool",
    "ToolRow",
    "Annotations",
    "Risk",
    "RISK_ORDER",
    "asks",
    "Expect",
    "Verify",
    "Verb",
    # How it goes
    "TaskStatus",
    "SubtaskStatus",
    "TASK_ARROWS",
    "SUBTASK_ARROWS",
    "TERMINAL_TASK",
    "TERMINAL_SUBTASK",
    "Event",
    "EventType",
    "STATUS_AFTER",
    "TERMINAL_EVENTS",
    "GivenAnswer",
    "Intervention",
    "Answer",
    # What it came to
    "Note",
    "Outcome",
    "ErrorKind",
    "TaskView",
    "SubtaskView",
    "PlanView",
    # How it is run again
    "Rerun",
    "RerunOf",
    "Kept",
    "KeptItem",
    "KeptItems",
    "Again",
    "Carried",
    # How it is put back
    "Undoing",
    "Irreversible",
]
