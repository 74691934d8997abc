"""What the store answers: values, never exceptions, so that every case is in the type."""

from typing import Literal, NamedTuple

from aether_agents.contracts import Contract, HighLevelTask, Plan, PlannedSubtask, Tool

#: The queue of the planner; a delivery without a subtask goes there.
PLANNER = "planner"

Refusal = Literal[
    "gone",  # there is no such task or subtask (any more)
    "done",  # it has ended
    "not_ready",  # something it needs has not ended
    "leased",  # another worker has it
    "waiting",  # a person is asked, or its retry is not due yet
    "paused",  # its task is paused
    "halted",  # its task is being ended
    "limited",  # as many tasks as allowed are planning or running
    "wrong_queue",  # it belongs to another specialist
]


class Delivery(NamedTuple):
    """One message that has to be sent. An empty `subtask_id` means the planner's own step."""

    task_id: str
    subtask_id: str
    queue: str
    priority: int = 5


class Refused(NamedTuple):
    """A claim that was not granted; its branch of the canvas ends here."""

    reason: Refusal


class Granted(NamedTuple):
    """A claim that was granted, until its lease ends without a renewal."""

    token: int  #: goes with everything that is said about this run; a later grant makes it void
    attempts: int  #: calls so far, this one included
    subtask: PlannedSubtask
    join: bool = False  #: its children have ended: finish it, do not call its tool
    children: tuple[str, ...] = ()  #: for a join, the ids of its children in the order of the list
    answered: bool = False  #: a person said yes to this run (approval, or "run it again")
    priority: int = 5  #: of its task


class PlanningClaim(NamedTuple):
    """The planner's own step, granted."""

    token: int
    task: HighLevelTask  #: with every answer a person gave merged in
    plan: Plan | None  #: saved before, by an earlier run of this step
    approved: bool  #: a person said yes to that plan


class Completed(NamedTuple):
    """What became of an outcome: recorded, recorded before, or too late to count."""

    kind: Literal["ok", "duplicate", "stale"]
    deliveries: list[Delivery]


class Fanned(NamedTuple):
    """What became of a fan-out. With `canvas`, a chord of the children delivers them and the join."""

    kind: Literal["ok", "stale", "halted"]
    canvas: bool
    deliveries: list[Delivery]


class WorkerInfo(NamedTuple):
    """A process that is alive: it has said so within the last ten seconds."""

    name: str
    kind: str
    queues: tuple[str, ...]
    pid: int
    host: str
    since: float  #: seconds since the epoch, by the store's clock


class CatalogueEntry(Contract):
    """What is known of one MCP server's tools."""

    server: str
    specialist: str
    spec_digest: str
    status: Literal["live", "failed", "quarantined"]
    error: str | None = None  #: why it is not live, and what to do
    tools: tuple[Tool, ...] = ()
    accepted: dict[str, str] = {}  #: pin by tool, as first seen or accepted by a person
    listed_at: float = 0.0  #: seconds since the epoch, by the store's clock
