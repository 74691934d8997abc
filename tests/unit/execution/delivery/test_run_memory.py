"""What a process remembers is bounded: in runs, in bytes and in time."""

from types import SimpleNamespace
from typing import Any

import pytest

from aether_agents.contracts import Outcome
from aether_agents.execution.delivery import run_memory as memory_module
from aether_agents.execution.delivery.leases import Lease
from aether_agents.execution.delivery.run_memory import RunMemory

BEFORE = 3 << 20


class Told:
    """A store that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.tasks = SimpleNamespace(complete=self._complete, renew=self._renew)

    def _complete(self, _: str, subtask: str, *__: Any) -> Any:
        self.said.append(f"completed {subtask}")
        return SimpleNamespace(deliveries=[])

    def _renew(self, leases: list[Lease]) -> None:
        self.said += [f"began {lease.subtask_id}" for lease in leases]


def told(memory: RunMemory, store: Told) -> list[str]:
    for tell in memory.of_other_epochs(4):
        tell()
    return store.said


def test_the_latest_runs_are_remembered_the_first_to_end_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory_module, "MOST", 2)
    store = Told()
    memory = RunMemory(store)
    for name in "abc":
        memory.completed(Lease("t", name, BEFORE), Outcome(status="completed"))
    assert told(memory, store) == ["completed b", "completed c"]


def test_of_what_is_too_large_only_that_it_ran(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory_module, "BYTES", 100)
    store = Told()
    memory = RunMemory(store)
    for name, size in (("a", 60), ("b", 60), ("c", 10)):
        memory.completed(Lease("t", name, BEFORE), Outcome(status="completed", output="x" * size))
    assert told(memory, store) == ["completed a", "began b", "completed c"]


def test_what_ended_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    store = Told()
    memory = RunMemory(store)
    monkeypatch.setattr(memory_module, "SECONDS", -1.0)
    memory.completed(Lease("t", "a", BEFORE), Outcome(status="completed"))
    assert told(memory, store) == []


def test_every_process_has_a_name_of_its_own():
    assert RunMemory(Told()).name != RunMemory(Told()).name
