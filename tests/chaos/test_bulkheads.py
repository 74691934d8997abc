"""A hung server, a busy person: each delays only itself. What waits for another is not held up by either."""

import random
import sys
from collections.abc import Callable

import pytest

from aether_agents.contracts import Retry
from aether_agents.settings.model import DeliverySettings
from tests.chaos.plans import half_unsafe, mixed, plain
from tests.chaos.table import Toll
from tests.chaos.wave import Scenario, infect
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

show = sys.stdout.write
pytestmark = pytest.mark.timeout(300)
BOTH = {"AETHER_TEST_OTHER": "1"}


def hang(lab: Lab, task_id: str, calls: int, server: str = "echo", **task: object) -> None:
    """Calls that stand until their gate opens; all that threads can take of them are running."""
    args = [{"path": str(lab.folder / "gate"), "key": f"{task_id}/n{at}"} for at in range(calls)]
    plan = [step(task_id, f"n{at}", server=server, tool="gate", args=one, timeout=300) for at, one in enumerate(args)]
    end = step(task_id, "z", [one.id for one in plan], server=server)
    lab.launch([*plan, end], task_id, **task)


def begun(lab: Lab, task_id: str) -> int:
    """How many calls of a task its server has seen."""
    return sum(key.startswith(f"{task_id}/") for key in lab.calls().started)


class TestOfEachOther:
    """Leases and time-outs are long: neither a time-out nor the reaper helps."""

    @pytest.fixture
    def delivery(self) -> DeliverySettings:
        return DeliverySettings(lease=60, stale=60, pump=0.1, concurrency=4, spare=3)

    @pytest.mark.parametrize(("pool", "priority"), [("threads", 9), ("threads", 5), ("threads", 1), ("prefork", 9)])
    def test_a_hung_server_does_not_hold_up_a_healthy_one(
        self, lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str, priority: int
    ) -> None:
        lab.worker(["dev"], env={**BOTH, "AETHER_TEST_POOL": pool})
        hang(lab, "hung", 16)
        eventually(lambda: begun(lab, "hung") == 4, within=40, what="every thread stands")
        cost = toll(lab, f"16 calls hang, {pool}: another server, priority {priority}", "it delays only its own calls")
        plan = [step("well", f"n{at}", server="other") for at in range(6)]
        lab.launch([*plan, step("well", "z", ["n0", "n5"], server="other")], "well", priority=priority)
        assert cost.of(["well"]) == {"well": "completed"}
        assert begun(lab, "hung") == 4, "of the hung one nothing more was begun for it"
        assert not [key for key in lab.calls().ended if key.startswith("hung/")]
        (lab.folder / "gate").touch()
        assert lab.ended("hung") == "completed"
        assert set(lab.calls().started.values()) == {1}, "nothing ran twice"

    @pytest.mark.parametrize("pool", ["threads", "prefork"])
    def test_a_persons_long_calls_do_not_hold_up_anothers(
        self, lab: Lab, toll: Callable[[Lab, str, str], Toll], pool: str
    ) -> None:
        lab.worker(["dev"], env={"AETHER_TEST_POOL": pool})
        hang(lab, "long", 16, owner="ann", priority=9)
        eventually(lambda: begun(lab, "long") == 4, within=40, what="every thread stands")
        cost = toll(lab, f"16 long calls of one person, {pool}: another's", "she delays only herself")
        lab.launch([step("short", "a"), step("short", "b", ["a"])], "short", owner="bob", priority=2)
        assert cost.of(["short"]) == {"short": "completed"}
        assert begun(lab, "long") == 4
        (lab.folder / "gate").touch()
        assert lab.ended("long") == "completed"
        assert set(lab.calls().started.values()) == {1}

    def test_a_person_with_many_calls_gets_every_thread_but_the_next_one(
        self, lab: Lab, toll: Callable[[Lab, str, str], Toll]
    ) -> None:
        lab.worker(["dev"])
        calls = [step("many", f"n{at}", args={"key": f"many/n{at}", "ms": 20}) for at in range(240)]
        lab.launch(calls, "many", owner="ann")
        at_first = eventually(lambda: (count := begun(lab, "many")) >= 20 and count, within=40, what="they run")
        cost = toll(lab, "240 calls of one person: another's single one", "she delays only herself")
        lab.launch([step("one", "a")], "one", owner="bob")
        assert cost.of(["one"]) == {"one": "completed"}
        seen = lab.calls()
        mine = seen.began["one/a"]
        before = sum(began < mine for key, began in seen.began.items() if key.startswith("many/"))
        show(f"{before - at_first} of 240 began between\n")
        assert before - at_first < 60
        assert lab.ended("many") == "completed"
        assert set(seen.started.values()) == {1}

    def test_an_undisturbed_crowd_is_never_refused_and_the_reaper_is_not_needed(
        self, lab: Lab, dice: random.Random
    ) -> None:
        scenario = Scenario(lab, dice, plain, sp_share=0.8, crowd=True)
        infect(scenario)
        scenario.run()
        show(scenario.report("crowd"))
        assert scenario.broken == []
        assert set(scenario.counted("claims")) <= {"granted", "done", "leased"}
        assert scenario.counted("claims")["granted"] <= scenario.subtasks


class TestCircuit:
    """Sixteen calls of a server that hangs, each with a time-out: after two in a row its circuit is open."""

    @pytest.fixture
    def delivery(self) -> DeliverySettings:
        return DeliverySettings(
            lease=60, stale=60, pump=0.1, concurrency=4, spare=0, circuit_after=2, circuit_rest=60, grace=1
        )

    @pytest.mark.parametrize("pool", ["threads", "prefork"])
    def test_what_waits_gets_each_thread_as_it_is_freed_and_of_the_hung_one_none_is_begun(
        self, lab: Lab, pool: str
    ) -> None:
        """Without any thread beside the pool: all that helps is who gets a thread next."""
        lab.worker(["dev"], env={**BOTH, "AETHER_TEST_POOL": pool})
        late = 2 if pool == "threads" else 8  # with processes, each starts its servers first
        gate = {"path": str(lab.folder / "gate")}
        calls = [{**gate, "key": f"hung/n{at}"} for at in range(16)]
        hung = [
            step(
                "hung",
                f"n{at}",
                tool="gate",
                args=one,
                timeout=late,
                on_failure="continue",
                retry=Retry(max_attempts=1),
            )
            for at, one in enumerate(calls)
        ]
        lab.launch(hung, "hung", direct=True)
        eventually(lambda: begun(lab, "hung") == 4, within=40, what="every thread stands")
        plan = [step("well", f"n{at}", server="other", args={"message": "x", "key": f"well/n{at}"}) for at in range(8)]
        lab.launch(plan, "well", direct=True, priority=9)
        assert lab.ended("well") == "completed"
        began = lab.calls().began
        last = max(at for key, at in began.items() if key.startswith("well/"))
        before = [key for key, at in began.items() if key.startswith("hung/") and at < last]
        assert len(before) == 4, "it got no thread while another's work waited"
        eventually(lambda: lab.store.tasks.unanswering(["dev-echo"]), what="its circuit is open")
        told = [one.message for one in lab.store.events.read("hung") if one.type.value == "log"]
        said = [one for one in told if "calls in a row" in one]
        assert len(said) == 1, "said once"
        (lab.folder / "gate").touch()
        rest_is_over(lab, "hung", "dev-echo")
        assert lab.ended("hung", within=60) == "completed", "one is tried, and answers, and all that waits is called"
        assert lab.store.tasks.unanswering(["dev-echo"]) == {}
        assert begun(lab, "hung") == 16


def rest_is_over(lab: Lab, task_id: str, server: str) -> None:
    """Let the time come at which a silent server is tried again."""
    command, keys = lab.store.connection.command, lab.store.keys
    command("HSET", keys.circuit(server), "till", 1)
    for one in lab.store.tasks.view(task_id).subtasks:
        if one.status.value == "ready":
            command("ZADD", keys.due, "XX", 0, f"{task_id}|{one.id}")


class TestSilence:
    """As above, but nobody waits for a server whose circuit is open."""

    @pytest.fixture
    def delivery(self) -> DeliverySettings:
        return DeliverySettings(
            lease=60, stale=60, pump=0.1, concurrency=4, circuit_after=2, circuit_rest=60, circuit_wait=0, grace=1
        )

    def test_its_calls_fail_with_the_reason_and_are_not_made(self, lab: Lab) -> None:
        lab.worker(["dev"])
        once = Retry(max_attempts=1)
        args = [{"path": str(lab.folder / "gate"), "key": f"hung/n{at}"} for at in range(16)]
        hung = [
            step("hung", f"n{at}", tool="gate", args=one, timeout=1, on_failure="continue", retry=once)
            for at, one in enumerate(args)
        ]
        lab.launch(hung, "hung", direct=True)
        assert lab.ended("hung") == "completed"
        why = [one.error or "" for one in lab.store.tasks.view("hung").subtasks]
        late = [one for one in why if one.startswith("not called: the server `dev-echo` did not answer")]
        assert 8 <= len(late) == 16 - begun(lab, "hung")


def test_people_act_while_servers_and_owners_stand_in_each_others_way(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, mixed, people=True, crowd=True, faults={"lose": 0.03, "double": True}, within=90)
    infect(scenario)
    scenario.run()
    show(scenario.report("crowd, with people"))
    assert scenario.broken == []


def test_a_worker_is_killed_while_what_waits_is_parked(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, half_unsafe, killed=True, crowd=True, within=90)
    infect(scenario, workers=2)
    scenario.inject_fault = scenario.replace_worker
    scenario.run()
    show(scenario.report("crowd, killed"))
    assert scenario.broken == []
