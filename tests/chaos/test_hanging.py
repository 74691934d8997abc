"""Servers that hang: at their start, when they list, two at once, slowly, and beside a busy person."""

import socket
from collections.abc import Callable, Iterator

import pytest

from aether_agents.contracts import Retry
from aether_agents.settings.model import DeliverySettings
from tests.chaos.table import Toll
from tests.chaos.test_bulkheads import begun, hang
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def delivery() -> DeliverySettings:
    """Neither a time-out of a call nor the reaper helps."""
    return DeliverySettings(
        lease=60, stale=60, pump=0.1, concurrency=4, spare=3, circuit_after=3, circuit_rest=60, circuit_wait=1, grace=1
    )


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


def running(lab: Lab, task_id: str) -> int:
    return sum(one.status.value == "running" for one in lab.store.tasks.view(task_id).subtasks)


def healthy(lab: Lab, task_id: str, server: str, **task: object) -> None:
    """Six calls and one after them."""
    plan = [step(task_id, f"n{at}", server=server) for at in range(6)]
    lab.launch([*plan, step(task_id, "z", ["n0", "n5"], server=server)], task_id, **task)


@pytest.mark.parametrize("way", ["silent", "listless", "http"])
@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_server_that_hangs_when_it_is_started(
    lab: Lab, toll: Callable[[Lab, str, str], Toll], deaf_port: int, way: str, pool: str
) -> None:
    told = f"http://127.0.0.1:{deaf_port}/mcp" if way == "http" else way
    lab.worker(["dev"], env={"AETHER_TEST_OTHER": "1", "AETHER_TEST_HUNG": told, "AETHER_TEST_POOL": pool})
    once = Retry(max_attempts=1)
    plan = [
        step("hung", f"n{at}", server="hung", tool="call", args={}, retry=once, on_failure="continue", timeout=300)
        for at in range(16)
    ]
    lab.launch(plan, "hung", direct=True)
    eventually(lambda: running(lab, "hung") == 4, within=40, what="every thread stands")
    cost = toll(lab, f"a server hangs at its start ({way}), {pool}", "it delays only its own calls")
    healthy(lab, "well", "other", priority=2)
    assert cost.of(["well"]) == {"well": "completed"}
    eventually(lambda: lab.store.tasks.unanswering(["dev-hung"]), within=30, what="its circuit is open")
    told = [one.message for one in lab.store.events.read("hung") if one.type.value == "log"]
    said = [one for one in told if "calls in a row" in one]
    assert len(said) == 1, "said once"
    healthy(lab, "again", "other", priority=2)
    assert lab.ended("again") == "completed"
    assert lab.ended("hung", within=60) == "completed", "each of its calls failed, with the reason"
    told_why = [one.error or "" for one in lab.store.tasks.view("hung").subtasks]
    assert all("did not answer" in one for one in told_why), told_why
    assert any(one.startswith("not called: ") for one in told_why), "and not each by its own time limit"


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_two_servers_hang_at_once(lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str) -> None:
    lab.worker(["dev"], env={"AETHER_TEST_OTHER": "2", "AETHER_TEST_POOL": pool})
    hang(lab, "one", 16)
    eventually(lambda: begun(lab, "one") == 4, within=40, what="every thread stands")
    hang(lab, "two", 16, server="other")
    eventually(lambda: begun(lab, "two") >= 1, within=40, what="the second one hangs beside it")
    cost = toll(lab, f"two servers hang, {pool}: a third", "each delays only its own calls")
    healthy(lab, "well", "third")
    assert cost.of(["well"]) == {"well": "completed"}
    (lab.folder / "gate").touch()
    assert {lab.ended("one"), lab.ended("two")} == {"completed"}
    assert set(lab.calls().started.values()) == {1}, "nothing ran twice"


def test_a_slow_server_delays_nobody(lab: Lab, toll: Callable[[Lab, str, str], Toll]) -> None:
    """It answers each call after 0.7 s, so that no call is ever late: its circuit stays closed."""
    lab.worker(["dev"], env={"AETHER_TEST_OTHER": "1"})
    slow = [step("slow", f"n{at}", args={"key": f"slow/n{at}", "ms": 700}) for at in range(60)]
    lab.launch(slow, "slow", direct=True)
    eventually(lambda: begun(lab, "slow") >= 4, within=40, what="every thread stands")
    cost = toll(lab, "a server answers after 0.7 s, 60 calls: another's", "it delays only its own calls")
    healthy(lab, "well", "other")
    assert cost.of(["well"]) == {"well": "completed"}
    assert begun(lab, "slow") < 60, "it was not the last one"
    assert lab.store.tasks.unanswering(["dev-echo"]) == {}
    assert lab.ended("slow") == "completed"


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_hung_server_and_a_busy_person(lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str) -> None:
    lab.worker(["dev"], env={"AETHER_TEST_OTHER": "1", "AETHER_TEST_POOL": pool})
    hang(lab, "hung", 16, owner="ann")
    eventually(lambda: begun(lab, "hung") == 4, within=40, what="every thread stands")
    many = [step("many", f"n{at}", server="other", args={"key": f"many/n{at}", "ms": 50}) for at in range(120)]
    lab.launch(many, "many", owner="ann", direct=True)
    eventually(lambda: begun(lab, "many") >= 1, within=40, what="they run beside it")
    cost = toll(lab, f"a server hangs, and 120 calls of one person, {pool}: another's", "each delays only its own")
    lab.launch([step("single", "a", server="other")], "single", owner="bob")
    assert cost.of(["single"]) == {"single": "completed"}
    assert begun(lab, "many") < 120, "not behind all of them"
    (lab.folder / "gate").touch()
    assert {lab.ended("hung"), lab.ended("many", within=60)} == {"completed"}
    assert set(lab.calls().started.values()) == {1}, "nothing ran twice"
