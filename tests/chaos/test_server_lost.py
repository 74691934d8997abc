"""An MCP server is killed in the middle of calls: what may be repeated is made again, of the rest a person is asked."""

from collections.abc import Callable

import psutil
import pytest

from aether_agents.contracts import Answer, Retry
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step
from tests.integration.execution.test_stopping import asked, running

pytestmark = pytest.mark.timeout(120)


def server_of(lab: Lab) -> psutil.Process:
    """The process of the dev specialist's server."""
    lab.launch([step("who", "a")], "who")
    assert lab.ended("who") == "completed"
    return psutil.Process(lab.store.tasks.outcomes("who", ["a"])["a"].output["pid"])


def test_a_killed_server_is_no_worse_than_a_killed_worker(lab: Lab, toll: Callable[[Lab, str, str], Toll]) -> None:
    lab.worker()
    server = server_of(lab)
    gate = lab.folder / "gate"
    once = Retry(max_attempts=1)
    plan = [
        step("t", "read", tool="gate", args={"path": str(gate), "key": "t/read"}),
        step("t", "write", tool="gate", args={"path": str(gate), "key": "t/write"}, repeatable=False),
        step("t", "once", tool="gate", args={"path": str(gate), "key": "t/once"}, retry=once, on_failure="continue"),
        step("t", "after", ["read", "write"]),
    ]
    lab.launch(plan, "t")
    for name in ("read", "write", "once"):
        running(lab, f"t/{name}")
    server.kill()
    toll(lab, "MCP server killed in 3 calls", "a read is made again").of(["t"], again=["t/read"])
    question = asked(lab, "t")
    assert (question.subtask_id, question.choices) == ("write", ("retry", "skip", "fail"))
    assert "may have run" in question.prompt
    gate.touch()
    eventually(lambda: lab.store.tasks.outcomes("t", ["read"]), within=30, what="the read is made again")
    told = lab.store.tasks.outcomes("t", ["once"])["once"]
    assert (told.status, told.error_kind, told.sent) == ("failed", "lost", True)
    assert lab.calls().started["t/write"] == 1, "not without a yes"
    answer = Answer(intervention_id=question.id, response="retry", by="ann")
    lab.sender.send(lab.store.tasks.answer("t", answer))
    assert lab.ended("t") == "completed"
    calls = lab.calls().started
    assert {name: calls[f"t/{name}"] for name in ("read", "write", "once", "after")} == {
        "read": 2, "write": 2, "once": 1, "after": 1,
    }  # fmt: skip


@pytest.mark.parametrize("way", ["exits", "prints", "dies", "leaves"])
def test_a_server_that_keeps_dying_fails_a_read_after_its_attempts_and_asks_about_the_rest(lab: Lab, way: str) -> None:
    """At its start, where nothing was sent and nothing has to be asked; or in the call, with and without an error."""
    lab.worker(["dev"], env={"AETHER_TEST_HUNG": way})
    again, once = Retry(max_attempts=2, delay=0.1), Retry(max_attempts=1)
    plan = [
        step("t", "read", server="hung", tool="call", args={}, retry=again, on_failure="continue"),
        step("t", "once", server="hung", tool="call", args={}, retry=once, on_failure="continue"),
        step("t", "write", server="hung", tool="call", args={}, retry=again, on_failure="continue", repeatable=False),
        step("t", "well"),
    ]
    lab.launch(plan, "t", direct=True)
    sent = way in ("dies", "leaves")
    if sent:
        question = asked(lab, "t")
        assert (question.subtask_id, question.choices) == ("write", ("retry", "skip", "fail"))
        lab.sender.send(lab.store.tasks.answer("t", Answer(intervention_id=question.id, response="fail", by="ann")))
    assert lab.ended("t") == "completed"
    found = lab.store.tasks.outcomes("t", ["read", "once", "write", "well"])
    kind = "lost" if sent else "transport"
    assert [(found[name].error_kind, found[name].sent) for name in ("read", "once")] == [(kind, sent)] * 2
    assert [found[name].attempts for name in ("read", "once")] == [2, 1]
    assert found["write"].error_kind == ("person" if sent else "transport")
    assert found["well"].status == "completed"


def test_the_items_of_a_list_outlive_a_server_that_is_killed(lab: Lab, toll: Callable[[Lab, str, str], Toll]) -> None:
    lab.worker(["dev"], env={"AETHER_TEST_HUNG": "mortal"})
    again = Retry(max_attempts=5, delay=0.1)
    fan = step("t", "many", server="hung", tool="call", for_each=list(range(12)), args={"n": "${item}"}, retry=again)
    cost = toll(lab, "MCP server killed 3 times in a fan-out", "a read is made again")
    lab.launch([fan, step("t", "z", ["many"])], "t")
    assert cost.of(["t"]) == {"t": "completed"}
    assert lab.store.tasks.outcomes("t", ["many"])["many"].output == ["ok"] * 12
