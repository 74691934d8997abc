"""How soon followers hear of an event: written in another process, read once, fanned out in memory.

From the moment before the store is called in the writer's process until a follower has the update in hand: in this
process's one event loop, or in a client of python-socketio. All clients share a process, not the server's: how long it
takes to read a hundred messages is in their figure, where a hundred browsers would each read one. `bare` is the same
writer, store, harness and number of followers without AgentServer (see `bare.py`): what the machine gives that minute.
Both are settled as `serve` is: the garbage collector leaves alone what was there before.
"""

import asyncio
import json
import statistics
import subprocess
import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_server import settle
from aether_agents.contracts import HighLevelTask
from aether_agents.settings.model import Settings
from aether_agents.store import Store
from tests.benchmarks.audience import note
from tests.benchmarks.bare import Crowd, bare_host
from tests.benchmarks.conftest import Measured
from tests.integration.agentserver.host import hosted

FOLLOWERS, CLIENTS = 1_000, 100
EVENTS, GAP = 32, 0.15
OWNER = Person("local", "Owner")

#: Writes events from a process of its own; each message is the moment before it was written.
WRITER = """\
import sys, time
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
store = open_store(Settings.model_validate_json(sys.stdin.readline()))
claim = store.tasks.claim_planning(sys.argv[1], limit=100)
for _ in range(int(sys.argv[2])):
    time.sleep(float(sys.argv[3]))
    store.tasks.postpone_planning(sys.argv[1], claim.token, 0.0, repr(time.time()))
    claim = store.tasks.claim_planning(sys.argv[1], limit=100)
store.tasks.cancel(sys.argv[1], "bench")
"""


class Lateness(NamedTuple):
    """Milliseconds from writing to hearing."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f}, p99 {self.p99:.1f} ms"


def test_in_process_followers(settings: Settings, store: Store, measured: Measured) -> None:
    async def ours(task_id: str, late: list[float], ready: asyncio.Semaphore) -> None:
        service = Service(settings)

        async def follow() -> None:
            async for update in service.updates(task_id, OWNER):
                if update["seq"] == 1:
                    ready.release()
                note(update["message"], late)

        await asyncio.gather(*(follow() for _ in range(FOLLOWERS)))
        await service.close()

    async def bare(task_id: str, late: list[float], ready: asyncio.Semaphore) -> None:
        crowd = Crowd(store, task_id)
        followers = [asyncio.create_task(crowd.follow(partial(note, late=late))) for _ in range(FOLLOWERS)]
        for _ in followers:
            ready.release()
        await asyncio.gather(*followers)

    async def measure(follow: Any) -> list[float]:
        task_id, late, ready = store_task(store), list[float](), asyncio.Semaphore(0)
        following = asyncio.create_task(follow(task_id, late, ready))
        for _ in range(FOLLOWERS):
            await ready.acquire()
        await write(settings, task_id)
        await following
        return late

    what = f"event → {FOLLOWERS:,} followers in process"
    report(what, lateness(measure(bare), FOLLOWERS), lateness(measure(ours), FOLLOWERS), Lateness(10, 50), measured)


def test_socket_clients(settings: Settings, store: Store, measured: Measured) -> None:
    async def measure(url: str) -> list[float]:
        task_id = store_task(store)
        people = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.audience", url, str(CLIENTS), task_id, stdout=subprocess.PIPE
        )
        assert people.stdout is not None
        for _ in range(CLIENTS):
            assert await asyncio.wait_for(people.stdout.readline(), 60) == b"ready\n"
        await write(settings, task_id)
        told, _ = await people.communicate()
        return list(json.loads(told))

    with bare_host(store) as url:
        bare = lateness(measure(url), CLIENTS)
    with hosted(settings) as host:
        ours = lateness(measure(host.url), CLIENTS)
    report(f"event → {CLIENTS} Socket.IO clients", bare, ours, Lateness(25, 60), measured)


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


def lateness(scenario: Coroutine[Any, Any, list[float]], listeners: int) -> Lateness:
    """Run a scenario; its result."""
    settle()
    late = asyncio.run(scenario)
    assert len(late) >= 0.9 * EVENTS * listeners
    return Lateness(statistics.median(late), statistics.quantiles(late, n=100)[98])


def report(what: str, bare: Lateness, ours: Lateness, bar: Lateness, measured: Measured) -> None:
    met = ours.p50 <= bar.p50 and ours.p99 <= bar.p99
    measured(what, f"≤ {bar.p50}, {bar.p99} ms", f"{ours}; bare: {bare}", met)
