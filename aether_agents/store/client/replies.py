"""What the store answers: values, never exceptions, so that every case is in the type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from pydantic import Field

from aether_agents.contracts import Contract, GivenAnswer, HighLevelTask, Plan, PlannedSubtask
from aether_agents.store.client.head import NO_HEAD, Head

Refusal = Literal[
    "gone",  # there is no such task or subtask (any more)
    "done",  # it has ended
    "not_ready",  # something it needs has not ended
    "leased",  # another worker has it
    "waiting",  # a person is asked, or its retry is not due yet
    "paused",  # its task is paused
    "braked",  # the brake is on: nothing begins
    "outranked",  # its task has a lower priority now than its message: another message brings it
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
    head: Head = NO_HEAD  #: of its task: its result is sealed under it
    silence: int = 0  #: calls in a row that its server left unanswered, once it has waited for it: it fails

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
    """A claim that was granted, whose sealed document does not open here: it ends with an outcome that says so.

    One of a later version is given back instead, to a process that reads it.
    """

    token: int
    reason: str  #: with the fix
    attempts: int = 1
    tampered: bool = False  #: it was changed or moved by somebody without the key
    instead: tuple[str, str] | None = None  #: as of `Granted`
    head: Head | None = None  #: as of `Granted`; none where it does not open
    newer: bool = False  #: another version wrote it


class PlanningClaim(NamedTuple):
    """The planner's own step, granted."""

    token: int
    task: HighLevelTask  #: with every answer a person gave merged in
    plan: Plan | None  #: saved before, by an earlier run of this step
    approved: bool  #: a person said yes to that very plan
    doubt: str = ""  #: why an answer that the store tells of does not count


class Completed(NamedTuple):
    """What became of an outcome: recorded (`spent`: as final, since its task may try no more), recorded before, or too
    late to count.
    """

    kind: Literal["ok", "spent", "duplicate", "stale"]
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
    version: str = ""  #: version of the product that it runs; empty of 0.1.0, which did not say it
    memory: Mapping[str, int] = MappingProxyType({})  #: resident bytes by `queue|server`; its own without a server

    @property
    def hears(self) -> bool:
        """Whether it takes messages."""
        return self.state != "deaf"


class Accepted(Contract):
    """The tools of a server that count, for one specification of it."""

    spec_digest: str = Field(description="Digest of the specification they hold for.")
    number: int = Field(default=0, description="Goes up with each acceptance.")
    pins: dict[str, str] = Field(default_factory=dict, description="Pin by tool name.")
    unseen: bool = Field(default=False, description="Whether they are what was first listed, and nobody has looked.")
    by: str = Field(default="", description="Who accepted them; empty: nobody had to, or a version before.")
    at: float = Field(default=0.0, description="When this machine heard of it: seconds since the epoch.")
