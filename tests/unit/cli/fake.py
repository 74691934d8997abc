"""An orchestrator with a task behind it that was recorded, for tests of following. Nothing of it leaves the tests."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from aether_agents.contracts import (
    Answer,
    DryCall,
    Estimate,
    Event,
    GitIdentity,
    HighLevelTask,
    Json,
    Plan,
    Role,
    TaskView,
    Tool,
    Undoing,
)
from aether_agents.errors import CannotUndo, StoreUnavailable, WrongStatus
from aether_agents.process.build import build
from tests.unit.cli.recorded import TASK


class Listed(NamedTuple):
    """What the catalogue says of one server."""

    status: str
    tools: tuple[Tool, ...] = ()
    accepted: Mapping[str, str] = MappingProxyType({})
    error: str | None = None
    former: tuple[Tool, ...] = ()
    outdated: bool = False
    digest: str = "sha256:0123456789abcdef"
    specialist: str = "dev"
    unseen: bool = False
    number: int = 1


class Living(NamedTuple):
    """A worker that is alive."""

    name: str
    queues: tuple[str, ...]
    kind: str = "worker"
    pid: int = 7
    state: str = ""
    strain: float = 0.0
    host: str = "here"
    version: str = build()

    @property
    def hears(self) -> bool:
        return self.state != "deaf"


class Braked(NamedTuple):
    """A brake that is on."""

    by: str
    reason: str
    at: datetime | None


class RecordedOrchestrator:
    """Plays a list of events; an entry that is None is a lost connection. `views` are given out in turn."""

    listed: Mapping[str, Listed] = {}
    living: Sequence[Living] = ()
    faults: Sequence[str] = ()
    refused: str | None = None
    called: Mapping[str, int] = {}
    marker = "newest"
    foreign: Mapping[str, str] = {}
    estimated: Estimate | None = None
    rehearsed: Sequence[DryCall] = ()
    undo_found = Undoing(task_id=TASK)
    braked: "Braked | None" = None

    def __init__(self, events: list[Event | None], *views: TaskView, plan: Plan | None = None) -> None:
        self.played = list(events)
        self.views = list(views)
        self.plan = plan
        self.answers: list[Answer] = []
        self.cancelled: list[str] = []
        self.asked_from: list[int] = []
        self.done: list[tuple[str, str]] = []
        self.submitted: list[HighLevelTask] = []
        self.answered_elsewhere = False
        self.during: Callable[[Event], None] = lambda _event: None

    def view(self, task_id: str, *, outputs: bool = False) -> TaskView:
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]

    def plan_of(self, task_id: str) -> Plan | None:
        return self.plan

    def follow(
        self,
        task_id: str,
        after: int = 0,
        *,
        idle: Callable[[], None] | None = None,
        on_reconnect: Callable[[str], None] | None = None,
    ) -> Iterator[Event]:
        self.asked_from.append(after)
        while self.played:
            event = self.played.pop(0)
            if event is None:
                raise StoreUnavailable("gone")
            if event.seq > after:
                self.during(event)
                yield event

    def answer(self, task_id: str, answer: Answer) -> None:
        if self.answered_elsewhere:
            raise WrongStatus("nothing of that name is being asked")
        self.answers.append(answer)

    def cancel(self, task_id: str, *, by: str = "local", reason: str = "") -> None:
        self.cancelled.append(reason)
        if self.answered_elsewhere:
            raise WrongStatus("it has ended")

    def pause(self, task_id: str, *, by: str = "local") -> None:
        self.done.append(("pause", task_id))

    def resume(self, task_id: str, *, by: str = "local") -> None:
        self.done.append(("resume", task_id))

    def set_priority(self, task_id: str, priority: int, *, by: str = "local") -> None:
        self.done.append((f"priority {priority}", task_id))

    def brake(self) -> Braked | None:
        return self.braked

    def put_brake_on(self, *, by: str = "local", reason: str = "", pause: bool = True) -> tuple[str, ...]:
        self.braked = Braked(by, reason, None)
        return ("a",) if pause else ()

    def release_brake(self, *, by: str = "local") -> tuple[str, ...]:
        self.braked = None
        return ("a",)

    def chosen(self, *, owner: str | None = None, specialist: str | None = None) -> list[str]:
        self.done.append((f"owner {owner}", f"specialist {specialist}"))
        return ["a", "b"]

    def retry(
        self,
        task_id: str,
        start: str = "",
        *,
        inputs: Mapping[str, Json] | None = None,
        by: str = "local",
        assume_yes: bool = False,
        agreed: bool = False,
        plan_only: bool = False,
        new_id: str | None = None,
        git: GitIdentity | None = None,
    ) -> str:
        self.done.append(("retry", task_id))
        return new_id or TASK

    def fork(
        self,
        task_id: str,
        at: str,
        *,
        inputs: Mapping[str, Json] | None = None,
        template: str | None = None,
        by: str = "local",
        plan_only: bool = False,
    ) -> str:
        self.done.append(("fork", task_id))
        return TASK

    def change_plan(self, task_id: str, line: str, *, by: str = "local", role: Role = "Owner") -> str:
        self.done.append((line, task_id))
        return TASK

    def estimate(self, task_id: str) -> Estimate | None:
        return self.estimated

    def dry_calls(self, task_id: str) -> list[DryCall]:
        return list(self.rehearsed)

    def undoing(self, task_id: str, to: str | None = None) -> Undoing:
        return self.undo_found

    def undo(self, task_id: str, to: str | None = None, *, by: str = "local", assume_yes: bool = False) -> str:
        if self.undo_found.document is None:
            raise CannotUndo
        self.done.append(("undo", task_id))
        return TASK

    def list_server(self, name: str) -> None:
        self.done.append(("list", name))

    def accept_server(self, name: str, digest: str, by: str = "local") -> None:
        self.done.append(("accept", f"{name} {digest}"))

    def submit(self, task: HighLevelTask) -> str:
        self.submitted.append(task)
        return TASK

    def require_worker(self, queue: str = "planner") -> None:
        pass

    def tasks(self, limit: int = 50) -> list[TaskView]:
        return self.views[:limit]

    def events(self, task_id: str, after: int = 0) -> list[Event]:
        return [event for event in self.played if event is not None and event.seq > after]

    def catalogue(self) -> Mapping[str, Listed]:
        return self.listed

    def unanswering(self, servers: Iterable[str]) -> dict[str, int]:
        return {name: 5 for name in servers if name == "hung"}

    def workers(self) -> Sequence[Living]:
        return self.living

    def store_product(self) -> str:
        return "Valkey 9.1.2"

    def calls_today(self) -> Mapping[str, int]:
        return self.called

    def sees_settings(self) -> bool:
        return True

    def misplaced(self, queues: Iterable[str]) -> list[str]:
        return []

    def diagnose(self) -> list[str]:
        return list(self.faults)

    def refusal(self) -> str | None:
        return self.refused

    def key_marker(self) -> tuple[Any, str]:
        return self.marker, "k1"

    def key_trial(self) -> tuple[int, int]:
        return 3, 3

    def newer_entries(self) -> Mapping[str, str]:
        return {}

    def foreign_entries(self) -> Mapping[str, str]:
        return self.foreign

    def remove_foreign_entries(self) -> Sequence[str]:
        self.done.append(("remove", ",".join(self.foreign)))
        return list(self.foreign)

    def secures(self) -> bool:
        return False


class Notebook:
    """A screen that writes down what it is told."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.said: list[str] = []
        self.open = False

    def __enter__(self) -> Self:
        self.open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False

    def show(self, event: Event) -> None:
        self.shown.append(event.type.value)

    def say(self, message: str) -> None:
        self.said.append(message)

    @contextmanager
    def changing(self) -> Iterator[None]:
        yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        self.open = False
        yield
        self.open = True
