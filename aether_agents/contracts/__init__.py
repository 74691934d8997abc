"""Contracts: the values that cross a process boundary. Frozen, versioned, every field described."""

from aether_agents.contracts.contract import Contract, Json
from aether_agents.contracts.event import STATUS_AFTER as STATUS_AFTER
from aether_agents.contracts.event import TERMINAL_EVENTS, Event, EventType
from aether_agents.contracts.expressions.reference import MISSING as MISSING
from aether_agents.contracts.expressions.reference import Reference as Reference
from aether_agents.contracts.expressions.reference import depends as depends
from aether_agents.contracts.expressions.reference import escape as escape
from aether_agents.contracts.expressions.reference import extend as extend
from aether_agents.contracts.expressions.reference import find as find
from aether_agents.contracts.expressions.reference import holds as holds
from aether_agents.contracts.expressions.reference import meets as meets
from aether_agents.contracts.expressions.reference import parse_path as parse_path
from aether_agents.contracts.expressions.reference import render as render
from aether_agents.contracts.expressions.reference import resolve as resolve
from aether_agents.contracts.expressions.reference import substitute as substitute
from aether_agents.contracts.expressions.reference import walk as walk
from aether_agents.contracts.expressions.reference import whole as whole
from aether_agents.contracts.intervention import KINDS as KINDS
from aether_agents.contracts.intervention import Answer, InputSpec, Intervention, Item, Shown, Subject
from aether_agents.contracts.intervention import Covered as Covered
from aether_agents.contracts.intervention import GivenAnswer as GivenAnswer
from aether_agents.contracts.intervention import counts_in as counts_in
from aether_agents.contracts.intervention import items_in as items_in
from aether_agents.contracts.intervention import kinds_in as kinds_in
from aether_agents.contracts.intervention import risk_by as risk_by
from aether_agents.contracts.intervention import value_digest as value_digest
from aether_agents.contracts.outcome import Again, ErrorKind, Kept, KeptItem, KeptItems, ModelWork, Rerun, RerunOf
from aether_agents.contracts.outcome import Carried as Carried
from aether_agents.contracts.outcome import FailureClass as FailureClass
from aether_agents.contracts.outcome import Outcome as Outcome
from aether_agents.contracts.outcome import failure_class as failure_class
from aether_agents.contracts.plan import (
    Call,
    Change,
    Condition,
    Elicited,
    Plan,
    PlannedSubtask,
    Retry,
    Review,
    Subtask,
    Template,
    Understood,
)
from aether_agents.contracts.plan import Delivery as Delivery
from aether_agents.contracts.plan import Origin as Origin
from aether_agents.contracts.schedule import AddedSchedule as AddedSchedule
from aether_agents.contracts.schedule import Audit as Audit
from aether_agents.contracts.schedule import Fired as Fired
from aether_agents.contracts.schedule import Note as Note
from aether_agents.contracts.server import CatalogueEntry, Install, Isolation, ServerSpec
from aether_agents.contracts.specialist import Specialist
from aether_agents.contracts.status import SUBTASK_ARROWS as SUBTASK_ARROWS
from aether_agents.contracts.status import TASK_ARROWS as TASK_ARROWS
from aether_agents.contracts.status import TERMINAL_SUBTASK, TERMINAL_TASK, SubtaskStatus, TaskStatus
from aether_agents.contracts.task import GitIdentity, HighLevelTask, Role, new_task_id
from aether_agents.contracts.tool import RISK_ORDER as RISK_ORDER
from aether_agents.contracts.tool import Annotations, Expect, Form, ItemKind, Risk, Tool, ToolRow, Verb, Verify
from aether_agents.contracts.tool import asks as asks
from aether_agents.contracts.tool import covers as covers
from aether_agents.contracts.view import CallState as CallState
from aether_agents.contracts.view import (
    DryCall,
    Estimate,
    FailOn,
    Irreversible,
    PlanView,
    Refined,
    Spread,
    SubtaskView,
    TaskView,
    Undoing,
    Verdict,
)
from aether_agents.contracts.view import denied_by as denied_by
from aether_agents.contracts.view import verdict_of as verdict_of

__all__ = [
    "TERMINAL_EVENTS",
    "TERMINAL_SUBTASK",
    "TERMINAL_TASK",
    "Again",
    "Annotations",
    "Answer",
    "Call",
    "CatalogueEntry",
    "Change",
    "Condition",
    "Contract",
    "DryCall",
    "Elicited",
    "ErrorKind",
    "Estimate",
    "Event",
    "EventType",
    "Expect",
    "FailOn",
    "Form",
    "GitIdentity",
    "HighLevelTask",
    "InputSpec",
    "Install",
    "Intervention",
    "Irreversible",
    "Isolation",
    "Item",
    "ItemKind",
    "Json",
    "Kept",
    "KeptItem",
    "KeptItems",
    "ModelWork",
    "Plan",
    "PlanView",
    "PlannedSubtask",
    "Refined",
    "Rerun",
    "RerunOf",
    "Retry",
    "Review",
    "Risk",
    "Role",
    "ServerSpec",
    "Shown",
    "Specialist",
    "Spread",
    "Subject",
    "Subtask",
    "SubtaskStatus",
    "SubtaskView",
    "TaskStatus",
    "TaskView",
    "Template",
    "Tool",
    "ToolRow",
    "Understood",
    "Undoing",
    "Verb",
    "Verdict",
    "Verify",
    "new_task_id",
]
