"""What does not belong into a queue: it is said and left out; the worker lives, and keeps all its threads."""

import base64
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aether_agents.contracts import HighLevelTask
from aether_agents.store import PLANNER, Delivery
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

PICKLE = "application/x-python-serialize"
Change = Callable[[dict[str, Any]], object]

#: Texts that are no messages.
TEXTS: dict[str, bytes] = {
    "words": b"hello",
    "nothing": b"",
    "half": b'{"body": ',
    "latin": b"caf\xe9",
    "binary": bytes(range(256)),
    "pickle": b"\x80\x04K\x01.",
    "number": b"5",
    "list": b"[]",
    "null": b"null",
    "text": b'"x"',
    "infinity": b"NaN",
    "empty": b"{}",
    "deep": b"[" * 100_000,
    "closed": b"[" * 50_000 + b"]" * 50_000,
    "huge": b"x" * 20_000_000,
    "uuid": b'{"__type__": "uuid", "__value__": {"hex": "no"}}',
    "decimal": b'{"__type__": "decimal", "__value__": "no"}',
    "unknown type": b'{"__type__": "os.system", "__value__": "ls"}',
}


def body(*parts: Any) -> Change:
    packed = base64.b64encode(json.dumps(list(parts)).encode()).decode()
    return lambda message: message.update(body=packed)


def header(name: str, value: Any) -> Change:
    return lambda message: message["headers"].update({name: value})


def prop(name: str, value: Any) -> Change:
    return lambda message: message["properties"].update({name: value})


#: What may be wrong with a message that was ours.
CHANGES: tuple[Change, ...] = (
    *(lambda message, part=part: message.pop(part) for part in ("body", "headers", "properties", "content-type")),
    *(lambda message, part=part: message.update({part: 5}) for part in ("body", "headers", "properties")),
    *(lambda message, kind=kind: message.update({"content-type": kind}) for kind in (PICKLE, "x/y", None, [])),
    *(lambda message, kind=kind: message.update({"content-encoding": kind}) for kind in ("binary", "no-such", 7)),
    lambda message: message.update(body="%%% no base64 %%%"),
    lambda message: message.update(body="eyJ"),
    lambda message: message.update(body=base64.b64encode(b"\xff{").decode()),
    lambda message: message.update(body=base64.b64encode(b"[" * 100_000).decode()),
    body(), body({}), body([], {}), body([], [], {}), body("ab", {}, {}), body([], {}, None), body(None, None, None),
    body(["t", "a"], {"evil": 1}, {}), body(["t"], {}, {}), body(["t", "a", "b"], {}, {}), body([1, 2], {}, {}),
    body([["t"], {}], {}, {}), body(["gone", "a"], {}, {"chain": [5], "chord": 7, "callbacks": "x", "errbacks": {}}),
    *(header(name, value) for name in ("task", "id") for value in (None, 5, [], {}, "")),
    header("task", "no.such_task"), header("task", "security.run_subtask"), header("lang", "rust"),
    header("compression", "bzip2"), header("compression", "no-such"),
    *(header(name, value) for name in ("eta", "expires") for value in ("soon", 5, "9999-12-31T23:59:59", [])),
    header("timelimit", [1, 1]), header("timelimit", "x"), header("retries", "x"), header("shadow", 5),
    header("argsrepr", {"a": 1}), header("root_id", []), header("group", {}), header("stamps", 5),
    header("replaced_task_nesting", "x"), header("ignore_result", "maybe"),
    *(prop("delivery_tag", value) for value in (None, 5, [], {})),
    *(prop("delivery_info", value) for value in (None, 5, [], {}, {"exchange": 1, "routing_key": None})),
    *(prop("body_encoding", value) for value in ("rot13", 5, None)), prop("priority", "x"), prop("priority", []),
    prop("reply_to", 5), prop("correlation_id", []),
)  # fmt: skip


def changed(sound: dict[str, Any]) -> Iterator[bytes]:
    for change in CHANGES:
        message = copy.deepcopy(sound)
        change(message)
        yield json.dumps(message).encode()


def a_message(lab: Lab, queue: str) -> tuple[str, dict[str, Any]]:
    """A message that nobody has taken yet, taken out of its list; and the list."""
    for priority in range(10):
        key = lab.store.keys.queue(queue, priority)
        if raw := lab.store.connection.command("LPOP", key):
            return key, dict(json.loads(raw))
    raise AssertionError(f"no message waits in {queue}")


def test_a_planner_outlives_whatever_lies_in_its_queue(bare_lab: Lab) -> None:
    lab = bare_lab
    lab.store.tasks.create(HighLevelTask(task_id="lost", description="do something"))
    lab.sender.send([Delivery("lost", "", PLANNER, 5)])
    key, sound = a_message(lab, PLANNER)
    worker = lab.worker([PLANNER])
    for one in (*TEXTS.values(), *changed(sound)):
        lab.store.connection.command("LPUSH", key, one)
    eventually(lambda: lab.store.connection.command("LLEN", key) == 0, 60, "all is read")
    lab.store.tasks.create(HighLevelTask(task_id="after", description="do something"))
    lab.sender.send([Delivery("after", "", PLANNER, 5)])
    for name in ("after", "lost"):  # nothing here can do it, and the planner says so
        eventually(lambda one=name: lab.store.tasks.view(one).status.value == "failed", 60, f"`{name}` was planned")
    assert worker.poll() is None
    assert lab.stop(worker) == 0


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_outlives_whatever_lies_in_its_queue(bare_lab: Lab, pool: str) -> None:
    lab = bare_lab
    lab.launch([step("lost", "a")], "lost", direct=True)
    key, sound = a_message(lab, "dev")
    worker = lab.worker(["dev"], env={"AETHER_TEST_POOL": pool})
    junk = [*TEXTS.values(), *changed(sound)]
    for one in junk:
        lab.store.connection.command("LPUSH", key, one)
    lab.store.connection.command("HSET", f"{lab.settings.broker.prefix}:celery:unacked", "tag", "no JSON")
    lab.store.connection.command("ZADD", f"{lab.settings.broker.prefix}:celery:unacked_index", 1, "tag")
    eventually(lambda: lab.store.connection.command("LLEN", key) == 0, 60, "all is read")
    # as many calls at once as the worker has threads: none is held by what was left out
    lab.launch([step("after", f"a{at}") for at in range(12)], "after", direct=True)
    assert lab.ended("after") == "completed"
    assert worker.poll() is None
    assert lab.ended("lost") == "completed"  # the reaper sends again what was taken away
    unacked = f"{lab.settings.broker.prefix}:celery:unacked"
    eventually(lambda: lab.store.connection.command("HLEN", unacked) == 0, 30, "nothing is held back")
    assert "is no message of ours" in lab.log_of()
    assert "is not JSON" in lab.log_of()
    assert lab.stop(worker) == 0
