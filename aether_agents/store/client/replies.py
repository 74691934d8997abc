"""What the store answers: values, never exceptions, so that every case is in the type."""

import hashlib
import json
from typing import Literal, NamedTuple

from pydantic import Field

from aether_agents.contracts import Contract, GivenAnswer, HighLevelTask, Plan, PlannedSubtask, Tool

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
    "settling",  # the store was restarted: workers of before tell first what they know
    "newer",  # a later version has taken it on: an older worker would fail what it cannot read
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
    answer: GivenAnswer | None = None  #: a person's, opened and not used up: whoever calls compares what it binds
    doubt: str = ""  #: why an answer that the store tells of does not count
    tampered: bool = False  #: and that it is somebody's doing who lacks the key
    priority: int = 5  #: of its task
    instead: tuple[str, str] | None = None  #: task and subtask, where it is another than the message named
    losses: int = 0  #: workers that were lost while they ran it

    @property
    def answered(self) -> bool:
        """Whether a person's answer to this run is there, and opens."""
        return self.answer is not None


#: One run: task, subtask and token; the planner's own step has an empty subtask.
RunKey = tuple[str, str, int]


class Renewal(NamedTuple):
    """The runs that were not renewed; all others were. Another run of the same step may be held and renewed."""

    lost: list[RunKey]  #: taken back, or their task is being ended: the worker cancels those calls
    in_doubt: list[RunKey]  #: overdue and unsafe to repeat: a person is asked, and a call under way goes on


class Unopened(NamedTuple):
    """A claim that was granted, whose sealed document does not open here: it ends with an outcome that says so."""

    token: int
    reason: str  #: with the mend
    attempts: int = 1
    tampered: bool = False  #: it was changed or moved by somebody without the key
    instead: tuple[str, str] | None = None  #: as of `Granted`


class PlanningClaim(NamedTuple):
    """The planner's own step, granted."""

    token: int
    task: HighLevelTask  #: with every answer a person gave merged in
    plan: Plan | None  #: saved before, by an earlier run of this step
    approved: bool  #: a person said yes to that very plan
    doubt: str = ""  #: why an answer that the store tells of does not count


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
    state: str = ""  #: `deaf`, `waits for the store`, or `ending`; empty when it is well
    strain: float = 0.0  #: share of its descriptors that it has open, if that is half of them or more

    @property
    def hears(self) -> bool:
        """Whether it takes messages."""
        return self.state != "deaf"


class Accepted(Contract):
    """The tools of a server that count, for one specification of it."""

    spec_digest: str = Field(description="Digest of the specification they hold for.")
    number: int = Field(default=0, description="Goes up with each acceptance.")
    pins: dict[str, str] = Field(default_factory=dict, description="Pin by tool name.")


class CatalogueEntry(Contract):
    """What is known of one MCP server's tools."""

    server: str = Field(description="Name of the server.")
    specialist: str = Field(description="Specialist whose queue calls its tools.")
    spec_digest: str = Field(description="Digest of the specification it was listed with: its pins hold for that.")
    listing_digest: str = Field(default="", description="Digest of that and of its code: another one is listed anew.")
    status: Literal["live", "failed", "quarantined"] = Field(description="Whether its tools may be planned and called.")
    error: str | None = Field(default=None, description="Why it is not live, and what to do.")
    tools: tuple[Tool, ...] = Field(default=(), description="Its tools as last listed.")
    accepted: dict[str, str] = Field(
        default_factory=dict, description="Pin by tool name, as first seen or as a person accepted it."
    )
    number: int = Field(default=0, description="How often something was accepted: an older entry is known by it.")
    former: tuple[Tool, ...] = Field(
        default=(), description="Accepted definitions of which it lists another one now, or none: for showing both."
    )
    host: str = Field(default="", description="Host of the worker that listed it.")
    home: str = Field(default="", description="AETHER_HOME of that worker: another one there may know other servers.")
    outdated: bool = Field(default=False, description="Whether a worker lists it anew: what it says is of before.")
    listed_at: float = Field(default=0.0, description="When it was listed: seconds since the epoch, the store's clock.")

    @property
    def digest(self) -> str:
        """`sha256:…` over the server and all that it lists now: what a person accepts is bound to it."""
        pins = sorted((tool.name, tool.pin) for tool in self.tools)
        return "sha256:" + hashlib.sha256(json.dumps([self.server, self.spec_digest, pins]).encode()).hexdigest()
