"""A wave of random plans at once, with people who pause, cancel and answer, and a fault in the middle of it."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aether_agents.contracts import Answer, Intervention, PlannedSubtask
from aether_agents.errors import WrongStatus
from tests.chaos.faults import inject
from tests.chaos.invariants import violations
from tests.chaos.plans import Change, any_dag, plan_of, series_parallel
from tests.conftest import eventually
from tests.integration.execution.lab import Lab

#: Plans per scenario. CI takes a hundred; more by environment.
PLANS = int(os.environ.get("AETHER_TEST_PLANS", "10"))
WAVE = 20


@dataclass
class Scenario:
    """What is done to the plans."""

    lab: Lab
    dice: random.Random
    change: Change
    faults: Mapping[str, object] = field(default_factory=dict)
    sp_share: float = 0.6
    people: bool = False  #: they pause, resume and cancel
    inject_fault: Callable[[], None] | None = None  #: once per wave, while it runs
    crowd: bool = False  #: several owners, two servers per specialist
    killed: bool = False
    within: float = 60.0  #: seconds a wave may take
    log: Path = field(init=False)
    modes: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    subtasks: int = 0
    slowest: float = 0.0
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = self.lab.folder / "faults"
        self.log.mkdir()

    def environment(self) -> dict[str, str]:
        """What a worker needs to have the same faults."""
        other = {"AETHER_TEST_OTHER": "1"} if self.crowd else {}
        return {"AETHER_TEST_FAULTS": json.dumps({**self.faults, "log": str(self.log)}), **other}

    def replace_worker(self) -> None:
        """Kill the older of two workers, and start another with the same faults."""
        self.lab.kill(self.lab.workers[-2])
        self.lab.worker(entry="tests.chaos.entry", env=self.environment(), ready=False)

    def run(self, plans: int = PLANS) -> None:
        """Run the plans, a wave at a time. What is wrong is in `broken`."""
        for first in range(0, plans, WAVE):
            self._wave([f"t{number}" for number in range(first, min(first + WAVE, plans))])

    def counted(self, name: str) -> Counter[str]:
        """How often each first word was noted in one of the logs."""
        path = self.log / name
        return Counter(line.split()[0] for line in path.read_text().splitlines()) if path.exists() else Counter()

    def report(self, name: str) -> str:
        """One line of figures, shown with `-rP`."""
        total = sum(self.modes.values())
        return (
            f"{name}: {total} plans, {self.subtasks} subtasks, {dict(self.modes)}, ends {dict(self.ends)}, "
            f"claims {dict(self.counted('claims'))}, messages {sum(self.counted('put').values())}, "
            f"lost {sum(self.counted('lost').values())}, slowest wave {self.slowest:.1f} s, broken {len(self.broken)}\n"
        )

    def _wave(self, ids: list[str]) -> None:
        started = time.monotonic()
        plans = {task_id: self._launched(task_id) for task_id in ids}
        acts = sorted(self._acts(ids)) if self.people else []
        before = sum(self.lab.calls().started.values())
        inject_after = self.dice.randint(1, 40)  # calls of this wave
        injected = self.inject_fault is None
        left = set(ids)

        def over() -> bool:
            nonlocal injected
            now = time.monotonic() - started
            while acts and acts[0][0] <= now:
                self._act(*acts.pop(0)[1:])
            if not injected and self.inject_fault is not None:
                injected = sum(self.lab.calls().started.values()) - before >= inject_after
                if injected:
                    self.inject_fault()
            for task_id in list(left):
                self._attend(task_id, plans[task_id], left)
            return not left

        try:
            eventually(over, within=self.within, what="the wave ends")
        except AssertionError as error:
            raise AssertionError(f"{error}; injected: {injected}; {self._stuck(left)}") from None
        self.slowest = max(self.slowest, time.monotonic() - started)
        self._judge(plans)

    def _launched(self, task_id: str) -> list[PlannedSubtask]:
        size = self.dice.randint(3, 16)
        shape = series_parallel if self.dice.random() < self.sp_share else any_dag
        servers = ("echo", "other") if self.crowd else ("echo",)
        plan = plan_of(self.dice, task_id, shape(self.dice, size), self.change, self.lab.names, servers)
        self.subtasks += len(plan)
        owner = {"owner": self.dice.choice(["ann", "bob", "eve"])} if self.crowd else {}
        self.modes[self.lab.launch(plan, task_id, limit=5_000, **owner)] += 1
        return plan

    def _acts(self, ids: list[str]) -> Iterator[tuple[float, str, str]]:
        for task_id in ids:
            if self.dice.random() < 0.4:
                at = self.dice.random() * 0.3
                yield at, "pause", task_id
                yield at + 0.05 + self.dice.random() * 0.3, "resume", task_id
            if self.dice.random() < 0.12:
                yield self.dice.random() * 0.4, "cancel", task_id

    def _act(self, what: str, task_id: str) -> None:
        tasks = self.lab.store.tasks
        try:
            if what == "pause":
                tasks.pause(task_id, "people")
            elif what == "resume":
                self.lab.sender.send(tasks.resume(task_id, "people"))
            else:
                tasks.cancel(task_id, "people", "")
        except WrongStatus:
            pass  # it had ended

    def _attend(self, task_id: str, plan: list[PlannedSubtask], left: set[str]) -> None:
        view = self.lab.store.tasks.view(task_id)
        if view.finished_at:
            left.discard(task_id)
            self.ends[view.status.value] += 1
        for question in view.interventions:
            self._answer(task_id, question)

    def _answer(self, task_id: str, question: Intervention) -> None:
        response = "approve"
        if question.kind == "choice":  # its worker was lost: whoever looks knows whether it ran
            if self.lab.killed_live_on():
                return  # a server of the killed worker may still do what it had been sent
            ran = self.lab.calls().started[f"{task_id}/{question.subtask_id}"]
            response = "fail" if ran else "retry"
        elif self.dice.random() < 0.05:
            response = "deny"
        try:
            answer = Answer(intervention_id=question.id, response=response, by="people")
            self.lab.sender.send(self.lab.store.tasks.answer(task_id, answer))
        except WrongStatus:
            pass  # a late outcome, or the end of the task, came first

    def _judge(self, plans: Mapping[str, list[PlannedSubtask]]) -> None:
        calls = self.lab.calls()
        for task_id, plan in plans.items():
            self.broken += [
                f"{task_id}: {fault}" for fault in violations(self.lab, task_id, plan, calls, killed=self.killed)
            ]

    def _stuck(self, left: set[str]) -> str:
        found = []
        for task_id in sorted(left):
            view = self.lab.store.tasks.view(task_id)
            open_ones = [f"{one.id} {one.status.value}" for one in view.subtasks if one.finished_at is None]
            last = [f"{event.type.value} {event.subtask_id}" for event in self.lab.store.events.read(task_id)][-5:]
            found.append(f"{task_id} {view.status.value}: {open_ones}, last {last}")
        return "\n".join(found)


def infect(scenario: Scenario, workers: int = 1) -> None:
    """Start workers with the faults of a scenario, and give this process the same."""
    os.environ.update(scenario.environment())
    inject()
    for _ in range(workers):
        scenario.lab.worker(entry="tests.chaos.entry", env=scenario.environment())
