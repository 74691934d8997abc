"""The store comes back older than it was, as after a power loss: no unrepeatable call is made twice unasked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import Answer, PlannedSubtask
from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory
from tests.integration.execution.lab import Lab, step
from tests.integration.store.older import Older


@pytest.fixture
def older(tmp_path: Path) -> Iterator[Older]:
    """A server that can forget."""
    made = Older(tmp_path)
    yield made
    made.end()


@pytest.fixture
def lab(older: Older, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory on it, without a worker yet."""
    # Off: what it forgets here had reached its disk.
    delivery = DeliverySettings(lease=3, stale=0.5, pump=0.1, concurrency=4, grace=2, confirm="off")
    yield from laboratory(older.settings(sealing_key, tmp_path, delivery=delivery), tmp_path, names=("dev",))


def chain(task_id: str, size: int, ms: int) -> list[PlannedSubtask]:
    """Calls in a row, none of which may be made twice."""
    return [
        step(
            task_id,
            f"s{at}",
            [f"s{at - 1}"] if at else [],
            args={"message": "x", "key": f"{task_id}/s{at}", "ms": ms},
            repeatable=False,
        )
        for at in range(size)
    ]


def ended_calls(lab: Lab) -> int:
    return len(lab.calls().ended)


@pytest.mark.parametrize("direct", [True, False])
def test_what_was_done_in_the_lost_seconds_is_not_done_again(
    lab: Lab, older: Older, toll: Callable[[Lab, str, str], Toll], direct: bool
) -> None:
    for _ in range(2):
        lab.worker()
    tasks = [f"t{at}" for at in range(3)]
    for task_id in tasks:
        lab.launch(chain(task_id, 12, 40), task_id, direct=direct)
    eventually(lambda: ended_calls(lab) >= 3, what="some calls have ended")
    older.remember()
    eventually(lambda: ended_calls(lab) >= 12, what="some more have")
    older.come_back()
    cost = toll(lab, f"store came back older, {'direct' if direct else 'canvas'}", "it runs once")
    why = [(one.id, one.error) for task_id in tasks for one in lab.store.tasks.view(task_id).subtasks if one.error]
    assert cost.of(tasks) == dict.fromkeys(tasks, "completed"), why
    assert set(lab.calls().started.values()) == {1}
    for task_id in tasks:
        assert not [one for one in lab.store.events.read(task_id) if one.type.value == "subtask.waiting"]


def test_calls_that_run_while_the_store_is_away_go_on(lab: Lab, older: Older) -> None:
    lab.worker()
    gate = lab.folder / "gate"
    args = {"path": str(gate)}
    plan = [
        step("t", f"g{at}", tool="gate", args={**args, "key": f"t/g{at}"}, repeatable=bool(at % 2)) for at in range(4)
    ]
    lab.launch([*plan, step("t", "after", [one.id for one in plan])], "t", direct=True)
    older.remember()
    eventually(lambda: len(lab.calls().started) >= 4, what="the calls run")
    older.come_back()
    eventually(lambda: len(lab.store.presence.alive()) == 1, what="the worker is back")
    gate.touch()
    assert lab.ended("t") == "completed"
    assert lab.calls().started == dict.fromkeys([*(f"t/g{at}" for at in range(4)), "t/after"], 1)


def test_what_only_a_dead_worker_knew_is_asked_once(
    lab: Lab, older: Older, toll: Callable[[Lab, str, str], Toll]
) -> None:
    first = lab.worker()
    gate = lab.folder / "gate"
    look = step("t", "look", tool="gate", args={"path": str(gate), "key": "t/look"})
    behind = [step("t", f"s{at}", [f"s{at - 1}" if at else "look"], repeatable=False) for at in range(3)]
    lab.launch([look, *behind], "t", direct=True)
    eventually(lambda: lab.calls().started["t/look"], what="it looks first")
    older.remember()
    gate.touch()
    eventually(lambda: "t/s1" in lab.calls().ended, what="two of what must not run twice have ended")
    lab.kill(first)
    older.come_back()
    lab.worker()

    def question() -> str:
        found = lab.store.tasks.view("t").interventions
        return found[0].id if found else ""

    cost = toll(lab, "store came back older, its worker killed", "it runs once")
    cost.of(["t"], again=["t/look"])
    asked = eventually(question, what="a person is asked")
    calls = lab.calls().started
    assert (calls["t/s0"], calls["t/s1"]) == (1, 1)
    lab.sender.send(lab.store.tasks.answer("t", Answer(intervention_id=asked, response="retry")))
    assert lab.ended("t") == "completed"  # and of what comes behind it nobody is asked
    assert lab.calls().started["t/s0"] == 2
