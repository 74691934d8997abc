"""A door with a task behind it that was recorded, for tests of following. Nothing of it leaves the tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from aether_agents.contracts import Answer, Event, Plan, TaskView
from aether_agents.errors import StoreUnavailable, WrongStatus


class RecordedDoor:
    """Plays a list of events; an entry that is None is a lost connection. `views` are given out in turn."""

    def __init__(self, events: list[Event | None], *views: TaskView, plan: Plan | None = None) -> None:
        self.played = list(events)
        self.views = list(views)
        self.plan = plan
        self.answers: list[Answer] = []
        self.cancelled: list[str] = []
        self.asked_from: list[int] = []
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
