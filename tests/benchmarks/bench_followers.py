"""How soon followers hear of an event: written in another process, read once, fanned out in memory."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from aether_agents.agentserver.desk import Desk
from aether_agents.agentserver.identity import Person
from aether_agents.contracts import HighLevelTask
from aether_agents.settings import Settings
from aether_agents.store import Store
from tests.benchmarks.conftest import Measured
from tests.integration.agentserver.host import Client, client, hosted

FOLLOWERS, CLIENTS = 1_000, 100
EVENTS, GAP = 16, 0.25
OWNER = Person("local", "Owner")

#: Writes events from a process of its own; each message is the moment before it was written.
WRITER = """\
import sys, time
from aether_agents.settings import Settings
from aether_agents.store import open_store
store = open_store(Settings.model_validate_json(sys.stdin.readline()))
claim = store.tasks.claim_planning(sys.argv[1], limit=100)
for _ in range(int(sys.argv[2])):
    time.sleep(float(sys.argv[3]))
    store.tasks.postpone_planning(sys.argv[1], claim.token, 0.0, repr(time.time()))
    claim = store.tasks.claim_planning(sys.argv[1], limit=100)
store.tasks.cancel(sys.argv[1], "bench")
"""


def test_in_process_followers(settings: Settings, store: Store, measured: Measured) -> None:
    async def scenario() -> list[float]:
        desk = Desk(settings)
        task_id = store_task(store)
        ready = asyncio.Semaphore(0)
        late: list[float] = []

        async def follow() -> None:
            async for update in desk.updates(task_id, OWNER):
                if update["seq"] == 1:
                    ready.release()
                note(update, late)

        followers = [asyncio.create_task(follow()) for _ in range(FOLLOWERS)]
        for _ in range(FOLLOWERS):
            await ready.acquire()
        await write(settings, task_id)
        await asyncio.gather(*followers)
        await desk.close()
        return late

    report(scenario, f"event → {FOLLOWERS:,} followers in process", FOLLOWERS, (10, 50), measured)


def test_socket_clients(settings: Settings, store: Store, measured: Measured) -> None:
    async def scenario() -> list[float]:
        task_id = store_task(store)
        late: list[float] = []
        with hosted(settings) as host:
            clients = [client(host, "ann") for _ in range(CLIENTS)]
            people = [await one.__aenter__() for one in clients]
            try:
                for one in people:
                    heard(one, late)
                    assert (await one.call("agent_subscribe_task", {"task_id": task_id}))["status"] == "ok"
                await write(settings, task_id)
                await asyncio.wait_for(all_heard(people), 30)
            finally:
                for entered in clients:
                    await entered.__aexit__(None, None, None)
        return late

    report(scenario, f"event → {CLIENTS} Socket.IO clients", CLIENTS, (25, 60), measured)


def store_task(store: Store) -> str:
    """A task that nobody serves."""
    task = HighLevelTask(description="for followers")
    store.tasks.create(task)
    return task.task_id


async def write(settings: Settings, task_id: str) -> None:
    """Have another process write the events."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, task_id, str(EVENTS), str(GAP), stdin=subprocess.PIPE, cwd=Path.cwd()
    )
    await process.communicate(settings.model_dump_json().encode() + b"\n")
    assert process.returncode == 0


def heard(one: Client, late: list[float]) -> None:
    """Have a client note each update as it comes."""

    async def hear(update: dict[str, Any]) -> None:
        note(update, late)
        await one.hear(update)

    one.sio.on("agent_update", hear)


async def all_heard(people: list[Client]) -> None:
    await asyncio.gather(*(one.until(lambda update: update["status"] == "cancelled") for one in people))


def note(update: dict[str, Any], late: list[float]) -> None:
    """How late an update is, in milliseconds, if it says when it was written."""
    if update["message"].replace(".", "").isdigit():
        late.append((time.time() - float(update["message"])) * 1000)


def report(
    scenario: Callable[[], Coroutine[Any, Any, list[float]]],
    what: str,
    listeners: int,
    bar: tuple[int, int],
    measured: Measured,
) -> None:
    late = asyncio.run(scenario())
    assert len(late) >= 0.9 * EVENTS * listeners
    p50, p99 = statistics.median(late), statistics.quantiles(late, n=100)[98]
    met = p50 <= bar[0] and p99 <= bar[1]
    measured(what, f"≤ {bar[0]}, {bar[1]} ms", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", met)
