"""OrchestratorFace: what the command line needs of the orchestrator, and of the stack behind it, as types.

Both (with redis and Celery behind them, a second of imports) are loaded by the session when they are needed: the
person sees at once that something happens, and the embedded stack loads side by side with the orchestrator.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from aether_agents.contracts import (
    AddedSchedule,
    Answer,
    DryCall,
    Estimate,
    Event,
    GitIdentity,
    HighLevelTask,
    Intervention,
    Json,
    Note,
    Plan,
    Role,
    Shown,
    TaskView,
    Tool,
    Undoing,
)
from aether_agents.local.supervision.state_file import ProcessInfo
from aether_agents.settings.model import Settings


class Entry(Protocol):
    """What the catalogue says of one server."""

    @property
    def specialist(self) -> str:
        """Name of the specialist that calls its tools."""

    @property
    def status(self) -> Literal["live", "failed", "quarantined"]:
        """Whether its tools may be planned with."""

    @property
    def error(self) -> str | None:
        """Why not, and the fix."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Its tools as last listed."""

    @property
    def accepted(self) -> Mapping[str, str]:
        """Pin by tool, as first seen or accepted by a person."""

    @property
    def number(self) -> int:
        """How often something was accepted."""

    @property
    def unseen(self) -> bool:
        """Whether nobody has looked yet at what was listed first."""

    @property
    def former(self) -> tuple[Tool, ...]:
        """Accepted definitions of which it lists another one now, or none."""

    @property
    def outdated(self) -> bool:
        """Whether a worker is to list it anew."""

    @property
    def digest(self) -> str:
        """Digest of what it lists now."""


class Worker(Protocol):
    """A worker that is alive."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """What sort of process it is."""

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues it serves."""

    @property
    def pid(self) -> int:
        """Its process, on its own machine."""

    @property
    def host(self) -> str:
        """Its machine."""

    @property
    def state(self) -> str:
        """`deaf` or `waits for the store`; empty when it is well."""

    @property
    def strain(self) -> float:
        """Share of its descriptors that it has open, if that is half of them or more."""

    @property
    def version(self) -> str:
        """Version of the product that it runs; empty of 0.1.0."""

    @property
    def hears(self) -> bool:
        """Whether it takes messages."""


class Notes(Protocol):
    """What is known of schedules. See `aether_agents.store.system.schedules.Schedules`."""

    def notes(self) -> Mapping[str, Note]: ...
    def pause(self, name: str) -> None: ...
    def resume(self, name: str) -> bool: ...
    def add(self, name: str, schedule: AddedSchedule) -> bool: ...
    def remove(self, name: str) -> bool: ...
    def added(self) -> dict[str, AddedSchedule]: ...


class BrakeState(Protocol):
    """The brake on all tasks. See `aether_agents.store.tasks.steering.Brake`."""

    @property
    def by(self) -> str:
        """Who put it on."""

    @property
    def reason(self) -> str:
        """Why."""

    @property
    def at(self) -> datetime | None:
        """When."""


class OrchestratorFace(Protocol):
    """The orchestrator, as the command line uses it. See `orchestrator.orchestrator` for what each raises."""

    def submit(self, task: HighLevelTask) -> str: ...
    def require_worker(self, queue: str = ...) -> None: ...
    def answer(self, task_id: str, answer: Answer) -> None: ...
    def pause(self, task_id: str, *, by: str = ...) -> None: ...
    def resume(self, task_id: str, *, by: str = ...) -> None: ...
    def cancel(self, task_id: str, *, by: str = ..., reason: str = ...) -> None: ...
    def set_priority(self, task_id: str, priority: int, *, by: str = ...) -> None: ...
    def brake(self) -> BrakeState | None: ...
    def put_brake_on(self, *, by: str = ..., reason: str = ..., pause: bool = ...) -> tuple[str, ...]: ...
    def release_brake(self, *, by: str = ...) -> tuple[str, ...]: ...
    def chosen(self, *, owner: str | None = ..., specialist: str | None = ...) -> list[str]: ...
    def undo(self, task_id: str, to: str | None = ..., *, by: str = ..., assume_yes: bool = ...) -> str: ...
    def retry(
        self,
        task_id: str,
        start: str = ...,
        *,
        inputs: Mapping[str, Json] | None = ...,
        by: str = ...,
        assume_yes: bool = ...,
        agreed: bool = ...,
        plan_only: bool = ...,
        new_id: str | None = ...,
        git: GitIdentity | None = ...,
        replan: str | None = ...,
    ) -> str: ...
    def fork(
        self,
        task_id: str,
        at: str,
        *,
        inputs: Mapping[str, Json] | None = ...,
        template: str | None = ...,
        by: str = ...,
        plan_only: bool = ...,
    ) -> str: ...
    def change_plan(self, task_id: str, line: str, *, by: str = ..., role: Role = ...) -> str: ...
    def estimate(self, task_id: str) -> Estimate | None: ...
    def dry_calls(self, task_id: str) -> list[DryCall]: ...
    def undoing(self, task_id: str, to: str | None = ...) -> Undoing: ...
    def list_server(self, name: str) -> None: ...
    def accept_server(self, name: str, digest: str, by: str = ...) -> None: ...
    def view(self, task_id: str, *, outputs: bool = ...) -> TaskView: ...
    def plan_of(self, task_id: str) -> Plan | None: ...
    def arguments_asked_about(self, task_id: str, asked: Intervention) -> Mapping[str, Json]: ...
    def review(self, task_id: str, asked: Intervention) -> Shown: ...
    def tasks(self, limit: int = ...) -> list[TaskView]: ...
    def events(self, task_id: str, after: int = ...) -> list[Event]: ...
    def follow(
        self,
        task_id: str,
        after: int = ...,
        *,
        idle: Callable[[], None] | None = ...,
        on_reconnect: Callable[[str], None] | None = ...,
    ) -> Iterator[Event]: ...
    def catalogue(self) -> Mapping[str, Entry]: ...
    def unanswering(self, servers: Iterable[str]) -> Mapping[str, int]: ...
    def workers(self) -> Sequence[Worker]: ...
    def calls_today(self) -> Mapping[str, int]: ...
    def diagnose(self) -> list[str]: ...
    def misplaced(self, queues: Iterable[str]) -> list[str]: ...
    def sees_settings(self) -> bool: ...
    def refusal(self) -> str | None: ...
    def store_product(self) -> str: ...
    def key_marker(self) -> tuple[Literal["none", "newest", "older", "other"], str]: ...
    def key_trial(self) -> tuple[int, int]: ...
    def newer_entries(self) -> Mapping[str, str]: ...
    def foreign_entries(self) -> Mapping[str, str]: ...
    def remove_foreign_entries(self) -> Sequence[str]: ...
    def secures(self) -> bool: ...
    @property
    def schedules(self) -> Notes: ...


class StackHold(Protocol):
    """What a command holds the embedded stack with. See `aether_agents.local.Lease`."""

    @property
    def started(self) -> bool:
        """Whether this command started the stack."""

    @property
    def note(self) -> str:
        """What the person should know."""

    def keep(self) -> bool: ...
    def check(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class EmbeddedStack(Protocol):
    """The embedded stack. See `aether_agents.local.Stack`."""

    def ps(self) -> Sequence[ProcessInfo]: ...
    def running(self) -> bool: ...
    def used(self) -> bool: ...
    def join_or_start(self, *, keep: bool = ..., also: Sequence[str] = ...) -> StackHold: ...
    def settings(self) -> Settings: ...
    def note_schedules(self, *, there: bool) -> None: ...
