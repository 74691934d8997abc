"""Ordinary load, without a fault: many nested plans at once, through one planner. All of them end."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store import PLANNER, Delivery
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

show = sys.stdout.write
pytestmark = pytest.mark.timeout(300)

PLANS = 200
PLANNER_THREADS = 16


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """One planner with as many threads as it has by default, one specialist, and room for all tasks at once."""
    settings = quick(valkey, sealing_key, tmp_path)
    system = settings.agent_system
    orchestrator = system.orchestrator.model_copy(update={"max_concurrent_tasks": PLANS})
    settings = settings.model_copy(
        update={
            "delivery": DeliverySettings(concurrency=PLANNER_THREADS),
            "agent_system": system.model_copy(update={"orchestrator": orchestrator}),
        }
    )
    yield from laboratory(settings, tmp_path, names=("dev",))


def nested(task_id: str) -> Template:
    """A group of a chord over two chains and two single subtasks, and of one that stands alone."""

    def look(name: str, *needs: str) -> dict[str, object]:
        args = {"message": name, "key": f"{task_id}/{name}"}
        return {"id": name, "tool": "dev-echo/echo", "args": args, "needs": list(needs)}

    arms = [look(f"{arm}{at}", *needs) for at in (0, 1) for arm, needs in (("r", ()), ("w", ()), ("q", (f"r{at}",)))]
    last = look("z", *(f"{arm}{at}" for at in (0, 1) for arm in "wq"))
    return Template.model_validate(
        {"name": "nested", "description": "nested", "specialist": "dev", "subtasks": [*arms, last, look("x")]}
    )


def submit(lab: Lab, task_id: str) -> None:
    """As the orchestrator does."""
    document = nested(task_id)
    lab.store.tasks.create(HighLevelTask(task_id=task_id, description="nested groups", document=document))
    lab.sender.send([Delivery(task_id, "", PLANNER)])


def test_two_hundred_nested_plans_at_once_all_end(lab: Lab, toll: Callable[[Lab, str, str], Toll]) -> None:
    lab.worker([PLANNER], env={"AETHER_TEST_CONCURRENCY": str(PLANNER_THREADS)})
    lab.worker(["dev"])
    submit(lab, "warm")
    assert lab.ended("warm") == "completed"
    ids = [f"t{number}" for number in range(PLANS)]
    for task_id in ids:
        submit(lab, task_id)
    left, cost = set(ids), toll(lab, "none: 200 nested plans at once", "every plan ends")

    def over() -> bool:
        left.difference_update([one for one in left if lab.store.tasks.view(one).finished_at])
        assert len(lab.store.presence.alive()) == 2  # the heartbeat of a busy process still says that it is alive
        return not left

    eventually(over, within=180, what="all tasks end", pause=0.5)
    cost.of(ids)
    calls = lab.calls()
    assert {lab.store.tasks.view(one).status.value for one in ids} == {"completed"}
    assert set(calls.started.values()) == {1}
    assert len(calls.started) == 8 * (PLANS + 1)


def test_of_ten_fan_outs_at_once_the_first_runs_while_the_others_are_sent(lab: Lab) -> None:
    """Else nothing moves, on the page and in `status`, until the last child of the last one is on its way."""
    fans, items = 10, 200
    lab.worker(["dev"], env={"AETHER_TEST_CONCURRENCY": "16"})
    gate = lab.folder / "gate"
    args = [{"message": "${item}", "key": f"t/fan{at}-" + "${item}"} for at in range(fans)]
    many = [str(number) for number in range(items)]
    plan = [step("t", f"fan{at}", ["stand"], for_each=many, args=one) for at, one in enumerate(args)]
    lab.launch([step("t", "stand", tool="gate", args={"path": str(gate), "key": "t/stand"}), *plan], "t")
    eventually(lambda: lab.calls().started["t/stand"], what="what they need runs")
    gate.touch()
    assert lab.ended("t", within=120) == "completed"
    events = [event for event in lab.store.events.read("t", limit=100_000) if "#" in (event.subtask_id or "")]
    words = [event.type.value for event in events]
    last_ready = len(words) - words[::-1].index("subtask.ready")
    ended = words[:last_ready].count("subtask.completed")
    show(f"{ended} of {fans * items} had ended when the last was ready\n")
    assert ended > items / 10
    assert set(lab.calls().started.values()) == {1}
