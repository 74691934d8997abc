"""TaskState: a task as its follower knows it, made from a view and brought up to date by events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aether_agents.contracts import (
    STATUS_AFTER,
    TERMINAL_SUBTASK,
    Event,
    EventType,
    Json,
    Plan,
    SubtaskStatus,
    SubtaskView,
    TaskStatus,
    TaskView,
    Verdict,
    verdict_of,
)

#: Events after which the task itself has to be asked: they change more than they can carry.
_TELLING = frozenset({EventType.TASK_PLANNED, EventType.TASK_REPLANNED, EventType.TASK_RUNNING})

#: Ends of a subtask whose events say why.
_EXPLAINED = frozenset({EventType.SUBTASK_FAILED, EventType.SUBTASK_CANCELLED})


@dataclass
class Node:
    """One subtask in the picture."""

    id: str
    label: str
    specialist: str = ""
    tool: str = ""
    needs: tuple[str, ...] = ()
    status: SubtaskStatus = SubtaskStatus.PENDING
    attempts: int = 0
    max_attempts: int = 1
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_at: datetime | None = None
    fraction: float | None = None
    note: str = ""
    error: str | None = None
    found: str = ""  #: what it concluded of what it looked at, once its output is known
    kept: bool = False  #: its outcome is another task's

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in TERMINAL_SUBTASK

    @property
    def parent(self) -> str | None:
        """The subtask whose fan-out made it, if one did."""
        stem, mark, _ = self.id.partition("#")
        return stem if mark else None

    def seconds(self, now: datetime) -> float | None:
        """How long it has run, or ran."""
        if self.started_at is None:
            return None
        end = self.finished_at if self.ended and self.finished_at else now
        return max(0.0, (end - self.started_at).total_seconds())


@dataclass
class TaskState:
    """A task, its plan and its subtasks, at one moment."""

    task_id: str
    description: str = ""
    status: TaskStatus = TaskStatus.PENDING
    progress: float = 0.0
    seq: int = 0
    origin: str | None = None
    template: str | None = None
    confidence: float = 1.0
    delivery: str | None = None
    degraded: bool = False
    verdict: Verdict | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    lost: bool = False  #: the connection to the store is lost; it is being tried again
    nodes: dict[str, Node] = field(default_factory=dict)

    def look(self, view: TaskView, plan: Plan | None = None) -> None:
        """Take over what a view (and the plan) say. A view older than the picture changes no status."""
        self.description = view.description or self.description
        self.created_at = view.created_at or self.created_at
        if view.plan is not None:
            self.origin, self.template = view.plan.origin, view.plan.template
            self.confidence, self.delivery = view.plan.confidence, view.plan.delivery or self.delivery
        attempts = {step.id: step.max_attempts for step in plan.subtasks} if plan else {}
        for step in plan.subtasks if plan else ():  # between planned and running only the plan knows them
            self.nodes.setdefault(
                step.id, Node(step.id, step.name or step.id, step.specialist, step.tool or "", step.needs)
            )
        if view.seq >= self.seq:
            self.status, self.progress, self.seq = view.status, view.progress, view.seq
            self.degraded, self.finished_at, self.error = view.degraded, view.finished_at, view.error
        self.verdict = view.verdict or self.verdict
        for shown in view.subtasks:
            self._look_at(shown, attempts, fresh=view.seq >= self.seq)

    def _look_at(self, shown: SubtaskView, attempts: Mapping[str, int], *, fresh: bool) -> None:
        known = self.nodes.get(shown.id)
        node = known or Node(shown.id, shown.name or shown.id)
        self.nodes[shown.id] = node
        node.label = shown.name or shown.id
        concluded = verdict_of({}, [shown.output])
        node.found = concluded.status if concluded else node.found
        node.kept = shown.kept_from is not None
        node.specialist, node.tool, node.needs = shown.specialist, shown.tool, shown.needs
        node.max_attempts = attempts.get(shown.id.partition("#")[0], node.max_attempts)
        if fresh or known is None:
            node.status, node.attempts, node.error = shown.status, shown.attempts, shown.error
            node.started_at = shown.started_at or node.started_at
            node.finished_at = shown.finished_at or node.finished_at

    def knows(self, event: Event) -> bool:
        """Whether the event can be applied without another look at the task."""
        if event.type in _TELLING or event.ends_task:
            return False
        if event.subtask_id is None or event.subtask_id in self.nodes:
            return True
        stem, mark, _ = event.subtask_id.partition("#")  # of a fan-out's first child, how many there are is not known
        return bool(mark) and any(node.parent == stem for node in self.nodes.values())

    def apply(self, event: Event) -> None:
        """Bring the picture up to date. An event it already knows changes nothing."""
        if event.seq <= self.seq:
            return
        self.seq, self.status, self.progress = event.seq, event.status, event.progress
        self.created_at = self.created_at or event.at
        if event.ends_task:
            self.finished_at = event.at
            if event.type is EventType.TASK_FAILED:
                self.error = self.error or event.message
        if event.subtask_id is not None and event.type in STATUS_AFTER:
            self._apply_to(self._node(event.subtask_id), event)

    def _node(self, subtask_id: str) -> Node:
        if subtask_id not in self.nodes:
            stem = self.nodes.get(subtask_id.partition("#")[0])
            self.nodes[subtask_id] = Node(
                subtask_id,
                subtask_id,
                specialist=stem.specialist if stem else "",
                tool=stem.tool if stem else "",
                max_attempts=stem.max_attempts if stem else 1,
            )
        return self.nodes[subtask_id]

    def _apply_to(self, node: Node, event: Event) -> None:
        node.status = STATUS_AFTER[event.type]
        node.attempts = _whole(event.data.get("attempts"), node.attempts)
        if event.type is EventType.SUBTASK_STARTED:
            node.attempts = _whole(event.data.get("attempt"), 1)
            joins = f"{node.id}#0" in self.nodes  # the time of a fan-out is that of its children too
            node.started_at = node.started_at if joins and node.started_at else event.at
            node.finished_at, node.fraction, node.note = None, None, ""
        elif event.type is EventType.SUBTASK_PROGRESS:
            fraction = event.data.get("fraction")
            node.fraction = float(fraction) if isinstance(fraction, int | float) else node.fraction
            node.note = event.message
        elif event.type is EventType.SUBTASK_RETRYING:
            delay = event.data.get("retry_in")
            node.retry_at = event.at + timedelta(seconds=float(delay) if isinstance(delay, int | float) else 0)
            node.error = event.message
        elif node.ended:
            node.kept = "kept_from" in event.data
            node.finished_at, node.note = event.at, ""
            node.error = event.message or None if event.type in _EXPLAINED else None

    @property
    def ended(self) -> bool:
        """Whether the task has ended."""
        return self.status in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)

    def top(self) -> list[Node]:
        """The nodes of the plan, without the children of fan-outs."""
        return [node for node in self.nodes.values() if node.parent is None]

    def children(self) -> dict[str, list[Node]]:
        """The children of each fan-out, in order."""
        made: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.parent is not None:
                made.setdefault(node.parent, []).append(node)
        for siblings in made.values():
            siblings.sort(key=lambda node: int(node.id.rpartition("#")[2]))
        return made

    def seconds(self, now: datetime) -> float:
        """How long the task has been there, or took."""
        if self.created_at is None:
            return 0.0
        return max(0.0, ((self.finished_at or now) - self.created_at).total_seconds())


def _whole(value: Json, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
