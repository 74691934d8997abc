"""What must be true of every task at every moment, whatever happens around it."""

from aether_agents.contracts import Event
from tests.integration.store.world import TERMINAL, World

BUSY = {"ready", "running", "retrying"}
ENDS = {"subtask.completed", "subtask.failed", "subtask.skipped", "subtask.cancelled"}
TASK_ENDS = {"task.completed", "task.failed", "task.cancelled"}


def check_history(world: World, events: list[Event]) -> None:
    """What must be true of every history, ended or not."""
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    ended: dict[str, int] = {}
    for event in events:
        name = event.subtask_id
        if event.type == "subtask.started" and name:
            assert name not in ended, f"{name} started after its end"
            for need in world.nodes[name].needs if name in world.nodes else ():
                assert need in ended, f"{name} started before {need} ended"
        if event.type in ENDS and name:
            assert name not in ended, f"{name} ended twice"
            ended[name] = event.seq
    assert all(event.type not in TASK_ENDS for event in events[:-1]), "something follows the end of the task"
    told = [event.progress for event in events]
    assert told == sorted(told), "progress falls"
    assert all(0 <= one <= 1 for one in told)


def check_state(world: World) -> dict[str, str]:
    """What must be true of the state after every step; gives the status of each subtask."""
    store, task_id = world.store, world.task_id
    statuses = world.statuses()
    waiting = [name for name, state in statuses.items() if state == "waiting_user_input"]
    status, total, left, busy, halt = (
        value.decode() if value else ""
        for value in store.connection.command(
            "HMGET", store.keys.task(task_id), "status", "total", "left", "busy", "halt"
        )
    )
    assert int(total) == len(statuses)
    assert int(left) == sum(state not in TERMINAL for state in statuses.values())
    assert int(busy or 0) == sum(state in BUSY for state in statuses.values())
    asked = [name.decode() for name in store.connection.command("ZRANGE", store.keys.waiting(task_id), 0, -1)]
    assert sorted(asked) == sorted(waiting)
    watched = {step for step in world.open_steps() if step not in ("!", "~", "")}
    must = {"running", "retrying"} | ({"ready"} if status != "paused" else set())
    assert {name for name, state in statuses.items() if state in must} <= watched
    if left == "0":
        assert status in ("completed", "failed", "cancelled")
    elif status != "paused":
        assert int(busy or 0) > 0 or waiting, "nobody will ever go on with this"
        assert (status == "waiting_user_input") == (bool(waiting) and not int(busy or 0))
    if halt:
        assert all(state in TERMINAL or state == "running" for state in statuses.values())
    slot = store.connection.command("SISMEMBER", f"{store.keys.prefix}:active", task_id)
    assert bool(slot) == (status in ("planning", "running"))
    return statuses
