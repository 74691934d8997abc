"""The chain and the chord made visible: which Celery messages are sent, what they carry, who serves them."""

import base64
import json
import random
from collections import Counter
from typing import Any

from celery.canvas import _chain, _chord

from aether_agents.contracts import PlannedSubtask
from aether_agents.store import Delivery
from tests.chaos.plans import plain, plan_of
from tests.integration.execution.gate import barriers
from tests.integration.execution.lab import Lab, step

DIAMOND = [("a", (), "dev"), ("b", ("a",), "dev"), ("c", ("a",), "security"), ("d", ("b", "c"), "dev")]


def diamond(task_id: str) -> list[PlannedSubtask]:
    return [step(task_id, name, needs, queue=queue) for name, needs, queue in DIAMOND]


def waiting(lab: Lab, queue: str) -> list[dict[str, Any]]:
    """The messages that lie in a queue nobody serves: headers, and the body as it was sent."""
    found = []
    for priority in range(10):
        for raw in lab.store.connection.command("LRANGE", lab.store.keys.queue(queue, priority), 0, -1):
            message = json.loads(raw)
            body = json.loads(base64.b64decode(message["body"]))
            found.append({**message["headers"], "body": body, "priority": message["properties"]["priority"]})
    return found


def test_the_planner_makes_a_chain_of_a_series_and_a_chord_of_a_join(bare_lab: Lab) -> None:
    canvas = bare_lab.sender.canvas("t", diamond("t"), priority=5, limit=5_000)
    assert isinstance(canvas, _chain)
    first, join = canvas.tasks
    assert first["task"] == "dev.run_subtask"
    assert first["args"] == ("t", "a")
    assert isinstance(join, _chord)
    assert sorted((task["task"], tuple(task["args"])) for task in join.tasks) == [
        ("dev.run_subtask", ("t", "b")),
        ("security.run_subtask", ("t", "c")),
    ]
    assert (join.body["task"], tuple(join.body["args"])) == ("dev.run_subtask", ("t", "d"))


def test_one_message_starts_the_chain_and_carries_the_rest_of_it(bare_lab: Lab) -> None:
    lab = bare_lab
    assert lab.launch(diamond("t"), "t") == "canvas"
    (message,) = waiting(lab, "dev")
    assert message["task"] == "dev.run_subtask"
    args, kwargs, embed = message["body"]
    assert (args, kwargs) == (["t", "a"], {})
    (chord,) = embed["chain"]
    assert chord["task"] == "celery.chord"


def test_a_message_carries_ids_and_nothing_else(bare_lab: Lab) -> None:
    lab = bare_lab
    secret = step("t", "a", args={"message": "private words", "key": "k"})
    lab.launch([secret, step("t", "b", ["a"])], "t")
    (message,) = waiting(lab, "dev")
    assert "private" not in json.dumps(message)
    assert message["argsrepr"] == "('t', 'a')"


def test_a_direct_plan_is_sent_one_message_per_subtask_that_is_ready(bare_lab: Lab) -> None:
    lab = bare_lab
    plan = [step("t", f"a{at}") for at in range(12)]
    lab.launch([*plan, step("t", "z", [one.id for one in plan])], "t", direct=True)
    sent = [message["body"][0][1] for message in waiting(lab, "dev")]
    assert sorted(sent) == sorted(one.id for one in plan)
    assert all(message["body"][2] == {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
               for message in waiting(lab, "dev"))  # fmt: skip


def test_our_highest_priority_is_the_brokers_first(bare_lab: Lab) -> None:
    lab = bare_lab
    lab.sender.send([Delivery("t", f"p{priority}", "dev", priority) for priority in (0, 5, 9)])
    assert {message["body"][0][1]: message["priority"] for message in waiting(lab, "dev")} == {
        "p9": 0,
        "p5": 4,
        "p0": 9,
    }


def test_a_canvas_subscribes_nobody_to_its_results(bare_lab: Lab) -> None:
    lab = bare_lab
    layers = [step("t", f"a{at}") for at in range(20)]
    layers += [step("t", f"b{at}", [one.id for one in layers]) for at in range(20)]
    assert lab.launch(layers, "t") == "canvas"
    channels = lab.store.connection.command("PUBSUB", "CHANNELS", "*celery-task-meta*")
    assert channels == []


def test_each_subtask_is_served_by_the_queue_of_its_specialist(bare_lab: Lab) -> None:
    lab = bare_lab
    lab.names = ("dev", "security")
    lab.worker(["dev"])
    lab.worker(["security"])
    lab.launch(diamond("t"), "t")
    assert lab.ended("t") == "completed"
    served = Counter(
        (worker, line.split("[t/")[1].split("]")[0])
        for worker in (0, 1)
        for line in lab.log_of(worker).splitlines()
        if " [t/" in line and "completed in" in line
    )
    assert served == Counter({(0, "a"): 1, (0, "b"): 1, (1, "c"): 1, (0, "d"): 1})


def test_what_celery_refuses_goes_directly(bare_lab: Lab, monkeypatch) -> None:
    lab = bare_lab
    lab.names = ("dev", "security")
    monkeypatch.setattr(lab.sender, "launch", lambda canvas: False)
    assert lab.launch(diamond("t"), "t") == "flipped"
    assert [message["body"][0] for message in waiting(lab, "dev")] == [["t", "a"]]
    lab.worker(["dev", "security"])
    assert lab.ended("t") == "completed"


def test_the_canvas_has_no_barrier_that_the_plan_does_not_have(lab: Lab) -> None:
    assert barriers(lab, random.Random(20261122), 12) == []


def test_a_large_plan_goes_directly_and_every_subtask_runs_once(lab: Lab) -> None:
    dice = random.Random(7)
    needs = {f"v{at}": [f"v{n}" for n in dice.sample(range(at), min(at, dice.randint(0, 3)))] for at in range(150)}
    plan = plan_of(dice, "large", needs, plain, lab.names)
    assert lab.launch(plan, "large", limit=5_000) == "direct"
    assert lab.ended("large", within=90) == "completed"
    started = lab.calls().started
    assert all(started[f"large/{name}"] == 1 for name in needs)
