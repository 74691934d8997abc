"""No text of an argument, an item or a result lies in the store in clear; the check that all tests share finds one."""

import json

import pytest

from tests.integration.execution.lab import Lab, step
from tests.unsealed import CANARY, unsealed

ITEM, RESULT = "an item that nobody may read", "a result that nobody may read"


def fan_out(lab: Lab, task_id: str) -> None:
    """A task with texts in arguments, items and results."""
    each = step(task_id, "each", for_each=[ITEM, "b"], args={"message": "${item}", "key": f"{task_id}/each"})
    lab.launch([step(task_id, "first", args={"message": RESULT, "key": f"{task_id}/first"}), each], task_id)
    assert lab.ended(task_id) == "completed"


def test_nothing_of_a_task_is_readable_without_the_key(lab: Lab) -> None:
    fan_out(lab, "sealed")
    assert unsealed(lab.store) == []


@pytest.mark.parametrize("text", [CANARY, ITEM, RESULT])
@pytest.mark.parametrize("place", ["subtasks", "message", "event", "name"])
def test_one_that_lies_in_clear_is_found(lab: Lab, text: str, place: str) -> None:
    task_id = f"clear{abs(hash((text, place))) % 10_000}"
    fan_out(lab, task_id)
    keys, command = lab.store.keys, lab.store.connection.command
    odd = f"{keys.prefix}:odd:{text if place == 'name' else ''}"
    trial = {
        "subtasks": ("HSET", keys.subtasks(task_id), "z:1", f"it is: {text}"),
        "message": ("RPUSH", keys.queue("nobody"), json.dumps({"body": [text]})),
        "event": ("XADD", keys.events(task_id), "9999-0", "said", text),
        "name": ("SET", odd, "1"),
    }[place]
    command(*trial)
    try:
        assert [found for found in unsealed(lab.store) if found.endswith(f": {text}")] != []
    finally:
        command("HDEL", keys.subtasks(task_id), "z:1")
        command("XDEL", keys.events(task_id), "9999-0")
        command("DEL", keys.queue("nobody"), odd)
