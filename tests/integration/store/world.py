"""A world around one task: messages on their way, workers at work, and a canvas that brings what it should bring.

The canvas is modelled by its promise: the message of a subtask is on its way as soon as the messages of everything it
needs have come back normally. A refused claim, a retry or a question does not come back normally: its branch ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck

from aether_agents.contracts import Answer, Intervention, Outcome, PlannedSubtask
from aether_agents.settings.model import Settings
from aether_agents.store import Delivery, Granted, Store, open_store
from aether_agents.store.client.encoding import STATUSES
from tests.integration.store.plans import DONE, overdue, plan_of, planned, subtask

BROKE = Outcome(status="failed", error="it broke", error_kind="timeout", sent=False)
QUESTION = Intervention(id="x", kind="approval", prompt="Go on?", choices=("approve", "deny"))

TERMINAL = {"completed", "failed", "skipped", "cancelled"}


NUMBERS = count()

#: Hypothesis keeps nothing on disk and is patient: the server may be shared.
PROFILE: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}


def timeless(settings: Settings) -> Store:
    """A store of its own where only the test lets time pass."""
    return open_store(
        settings.model_copy(
            update={
                "broker": settings.broker.model_copy(update={"prefix": f"{settings.broker.prefix}-{next(NUMBERS)}"}),
                "delivery": settings.delivery.model_copy(update={"lease": 36_000, "stale": 36_000}),
            }
        )
    )


@dataclass(frozen=True)
class Node:
    """What a generated subtask is like."""

    needs: tuple[str, ...] = ()
    approval: bool = False
    repeatable: bool = True
    keeps_on: bool = False
    children: int | None = None  # None: it does not fan out
    window: int | None = None

    def fields(self) -> dict[str, object]:
        """As a PlannedSubtask has it."""
        return {
            "needs_approval": self.approval,
            "repeatable": self.repeatable,
            "on_failure": "continue" if self.keeps_on else "fail",
            "for_each": None if self.children is None else ["x"] * self.children,
            "max_parallel": self.window,
        }


@dataclass
class Run:
    """A granted claim, in the hands of a worker."""

    name: str
    grant: Granted
    canvas: bool
    own: bool = True  #: the message that came was for it


@dataclass
class World:
    """One task and all that moves around it."""

    store: Store
    task_id: str
    nodes: Mapping[str, Node]
    direct: bool
    mail: list[tuple[str, bool]] = field(default_factory=list)  # subtask, whether the canvas brings it
    runs: list[Run] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    came_back: set[str] = field(default_factory=set)
    fanned: dict[str, int] = field(default_factory=dict)
    beside: list[Delivery] = field(default_factory=list)  # of other tasks

    def begin(self, servers: Sequence[str] = ("echo",), **task: Any) -> None:
        """Plan the task and start it; its subtasks call these servers in turn."""
        claim = planned(self.store, self.task_id, **task)
        plan = plan_of(
            {name: node.needs for name, node in self.nodes.items()},
            **{
                name: {**node.fields(), "tool": f"{servers[at % len(servers)]}/say"}
                for at, (name, node) in enumerate(self.nodes.items())
            },
        )
        sends = self.store.tasks.start(self.task_id, claim.token, plan, direct=self.direct)
        assert sends is not None
        self.send(sends)
        if not self.direct:
            self.mail += [(name, True) for name, node in self.nodes.items() if not node.needs]

    def send(self, deliveries: list[Delivery]) -> None:
        """Put messages on their way."""
        self.mail += [(send.subtask_id, False) for send in deliveries if send.task_id == self.task_id]
        self.beside += [send for send in deliveries if send.task_id != self.task_id]

    def deliver(self, at: int) -> Run | None:
        """A message arrives at a worker, which claims."""
        name, canvas = self.mail.pop(at)
        claim = self.store.tasks.claim(self.task_id, name, "dev")
        if not isinstance(claim, Granted):
            self.refusals.append(claim.reason)
            return None
        run = Run(name, claim, canvas)
        self.runs.append(run)
        return run

    def finish(self, run: Run, outcome: Outcome = DONE, retry_in: float | None = None) -> str:
        """A worker says the result of its run, and its message comes back."""
        done = self.store.tasks.complete(self.task_id, run.name, run.grant.token, outcome, retry_in=retry_in)
        self.send(done.deliveries)
        if run.canvas and retry_in is None and done.kind == "ok":
            self.back(run.name)
        return done.kind

    def fan(self, run: Run) -> None:
        """A worker finds the list of a fan-out."""
        node = self.nodes[run.name]
        children = [self.child(run.name, index) for index in range(node.children or 0)]
        fanned = self.store.tasks.fan(
            self.task_id, run.name, run.grant.token, children, window=node.window, may_canvas=run.own
        )
        self.send(fanned.deliveries)
        if fanned.canvas:
            self.fanned[run.name] = len(children)
            self.mail += [(child.id, True) for child in children] or [(run.name, True)]

    def child(self, parent: str, index: int) -> PlannedSubtask:
        """One child of a fan-out."""
        fields = {**self.nodes[parent].fields(), "needs_approval": False, "for_each": None}
        return subtask(f"{parent}#{index}", **fields)

    def ask(self, run: Run) -> None:
        """A worker puts a question before it goes on."""
        self.store.tasks.ask_subtask(self.task_id, run.name, run.grant.token, QUESTION)

    def back(self, name: str) -> None:
        """A canvas message has come back normally: the canvas sends what was waiting for it."""
        self.came_back.add(name)
        parent, mark, _ = name.partition("#")
        if mark:
            if all(f"{parent}#{i}" in self.came_back for i in range(self.fanned.get(parent, 0))):
                self.mail.append((parent, True))
            return
        for after, node in self.nodes.items():
            if name in node.needs and all(need in self.came_back for need in node.needs):
                self.mail.append((after, True))

    def time_passes(self, step: str, busy: tuple[str, ...] = ()) -> None:
        """The time of one step runs out and the reaper comes round."""
        overdue(self.store, step, self.task_id)
        self.send(self.store.tasks.reap(1000, busy))

    def answer(self, response: str, which: int = 0) -> None:
        """A person answers one of the open questions."""
        questions = self.store.tasks.view(self.task_id).interventions
        question = questions[which % len(questions)]
        chosen = response if response in question.choices else question.choices[0]
        self.send(self.store.tasks.answer(self.task_id, Answer(intervention_id=question.id, response=chosen)))

    def meta(self, name: str) -> str:
        """One field of the task as it is stored; empty when it is not there."""
        value = self.store.connection.command("HGET", self.store.keys.task(self.task_id), name)
        return value.decode() if value else ""

    def status(self) -> str:
        """The task's."""
        return self.meta("status")

    def statuses(self) -> dict[str, str]:
        """Every subtask's, read as it is stored: a view opens the whole plan, too slow to look after every step."""
        found = self.store.connection.command("HGETALL", self.store.keys.subtasks(self.task_id))
        return {
            field[2:].decode(): STATUSES[text[:1].decode()].value
            for field, text in found.items()
            if field.startswith(b"s:")
        }

    def open_steps(self) -> list[str]:
        """The steps of this task that the reaper will look at."""
        found = self.store.connection.command("ZRANGE", self.store.keys.due, 0, -1)
        steps = (member.decode().partition("|") for member in found)
        return sorted(step for task_id, _, step in steps if task_id == self.task_id)

    def drive(self, rounds: int = 200) -> None:
        """Go on until the task ends, as workers, people and the reaper would."""
        for _ in range(rounds):
            status = self.status()
            if self.meta("finished"):
                return
            if status == "paused" and not self.meta("halt"):
                self.send(self.store.tasks.resume(self.task_id, "ann"))
            elif "waiting_user_input" in self.statuses().values():
                self.answer("retry")
            elif self.mail:
                self.deliver(0)
            elif self.runs:
                run = self.runs.pop(0)
                if self.nodes.get(run.name, Node()).children is not None and not run.grant.join:
                    self.fan(run)
                else:
                    self.finish(run)
            else:
                for step in self.open_steps():
                    if step not in ("!", "~"):
                        self.time_passes(step)
        raise AssertionError(f"not ended after {rounds} rounds: {self.statuses()}")
