"""SIGTERM, as each deploy sends it, in the middle of a call that may not be made twice: the call ends by itself."""

import signal
from collections.abc import Callable

import pytest

from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def delivery() -> DeliverySettings:
    """Room for two calls, and a grace that no test waits for."""
    return DeliverySettings(lease=4, stale=0.5, pump=0.1, concurrency=2, grace=60)


def work(lab: Lab) -> None:
    """A call that may not be made twice, one that may, and what comes after them."""
    gate = {"path": str(lab.folder / "gate")}
    plan = [
        step("t", "once", tool="gate", args={**gate, "key": "t/once"}, repeatable=False),
        step("t", "safe", tool="gate", args={**gate, "key": "t/safe"}),
        *(step("t", f"more{at}") for at in range(6)),
        step("t", "last", ["once", "safe"]),
    ]
    lab.launch(plan, "t")
    eventually(lambda: lab.calls().started["t/once"], what="it runs")


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_call_that_may_not_be_made_twice_ends_by_itself(
    lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str
) -> None:
    first = lab.worker(["dev"], env={"AETHER_TEST_POOL": pool})
    work(lab)
    first.send_signal(signal.SIGTERM)
    eventually(lambda: "told to end" in lab.log_of(), what="it has heard it")
    cost = toll(lab, f"SIGTERM in an unrepeatable call, {pool}", "calls end by themselves")
    lab.worker(["dev"], env={"AETHER_TEST_POOL": pool})
    eventually(lambda: all(lab.calls().started[f"t/more{at}"] for at in range(6)), what="another takes the rest")
    assert first.poll() is None
    (lab.folder / "gate").touch()
    assert cost.of(["t"]) == {"t": "completed"}
    assert first.wait(20) == 0
    assert set(lab.calls().started.values()) == {1}


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_after_its_grace_a_person_is_asked(lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str) -> None:
    delivery = lab.settings.delivery.model_copy(update={"grace": 1.0})
    hurried = lab.settings.model_copy(update={"delivery": delivery})
    first = lab.worker(["dev"], settings=hurried, env={"AETHER_TEST_POOL": pool})
    work(lab)
    first.send_signal(signal.SIGTERM)
    cost = toll(lab, f"SIGTERM, and the grace is over, {pool}", "what may have run is asked")
    assert first.wait(30) == 0
    lab.worker(["dev"])
    cost.of(["t"], again=["t/safe"])
    (question,) = eventually(lambda: lab.store.tasks.view("t").interventions, what="a question")
    assert question.subtask_id == "once"
    assert lab.calls().started["t/once"] == 1
    lab.store.tasks.cancel("t", "ann", "")
