"""`python -m tests.benchmarks.soak [MINUTES]`: 20 tasks a minute on the embedded stack, clients coming and going.

Looks at all that could leak: processes, threads, file descriptors, memory, keys that stay, channels, connections.
Leaves with 1 when something was not given back. The figures of every look are written as JSON lines to `soak.jsonl`.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import socketio

from aether_agents.local import Stack
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from tests.conftest import eventually, leaks
from tests.e2e.conftest import TEMPLATES, live
from tests.e2e.terminal import ECHO, PROGRAM, Person

PER_MINUTE = 20
LOOK = 10.0  #: seconds between two looks
STAYING = 5  #: clients that stay all the time
MORE = 1.1  #: what memory may grow by in the last quarter
BARS = " ▁▂▃▄▅▆▇█"

TASKS = (
    {"task": "look at the permissions of one folder", "inputs": {"folder": "."}},
    {"task": "keep a note in a folder"},
    {"task": "wait for a while and do nothing else", "inputs": {"seconds": 2}},
    {"task": "scan a folder that is not there"},
)

TABLE = {"write_note": {"risk": "write"}, "wait": {"risk": "read", "repeatable": True}}

Ended = asyncio.Queue[dict[str, object]]
say = sys.stdout.write


class Site(NamedTuple):
    """What is soaked."""

    person: Person
    url: str
    token: str
    serve: int
    store: Store


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Somebody's project with a running stack, and `serve` in front of it."""
    home, project = folder / "home", folder / "project"
    (project / "templates").mkdir(parents=True)
    home.mkdir(mode=0o700)
    for name, text in TEMPLATES.items():
        (project / "templates" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    (project / "aether_agent.yaml").write_text("agent_system: {agent_process: {max_background_tasks: 100}}\n")
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": TABLE}
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    person = Person(home, project)
    for words in (("trust", "--yes"), ("up",)):
        ran = person.run(*words)
        assert ran.returncode == 0, ran.stderr
    try:
        eventually(lambda: {"code", "echo"} <= live(person), 120, "the servers are listed")
        words = [PROGRAM, "serve", "--port", "0", "--json"]
        with subprocess.Popen(
            words, cwd=project, env=person.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as serving:
            assert serving.stdout is not None
            place = json.loads(serving.stdout.readline())
            try:
                with open_store(Stack(Settings(home=home, project=project)).settings()) as store:
                    yield Site(person, place["url"], place["page"].partition("#token=")[2], serving.pid, store)
            finally:
                serving.terminate()
    finally:
        person.run("down")


@asynccontextmanager
async def client(here: Site, ended: Ended | None = None) -> AsyncIterator[socketio.AsyncClient]:
    """A connected client; what the updates say that end a task goes into the queue."""
    sio = socketio.AsyncClient(reconnection=False)

    async def hear(update: dict[str, object]) -> None:
        if ended is not None and update["status"] not in {"pending", "planning", "running"}:
            ended.put_nowait(update)

    sio.on("agent_update", hear)
    await sio.connect(here.url, auth={"token": here.token}, transports=["websocket"], wait_timeout=30)
    try:
        yield sio
    finally:
        await sio.disconnect()


async def visit(here: Site, number: int, staying: list[socketio.AsyncClient], results_of: Counter[str]) -> None:
    """One client comes with a task. Every third leaves at once; the others stay until it has ended."""
    ended = Ended()
    async with client(here, ended) as sio:
        task = {**TASKS[number % len(TASKS)], "context": {"path": str(here.person.project)}}
        answer = await sio.call("agent_execute_task", task, timeout=30)
        assert answer["status"] == "accepted", answer
        await staying[number % STAYING].emit("agent_subscribe_task", {"task_id": answer["task_id"]})
        if number % 3 == 0:
            results_of["left at once"] += 1
            return
        update = await asyncio.wait_for(ended.get(), 60)
        assert update["status"] in {"completed", "failed"}, update
        results_of[str(update["status"])] += 1


def look(here: Site, began: float, tasks: int) -> dict[str, float]:
    """Everything that is counted, now."""
    roots = [here.serve, *(row["pid"] for row in here.person.json("ps"))]
    processes: dict[int, psutil.Process] = {}
    for pid in roots:
        with suppress(psutil.Error):
            parent = psutil.Process(pid)
            processes |= {one.pid: one for one in (parent, *parent.children(recursive=True))}
    found: Counter[str] = Counter()
    for one in processes.values():
        with suppress(psutil.Error), one.oneshot():
            server = one.name() == "valkey-server"
            found["processes"] += 1
            found["threads"] += one.num_threads()
            found["descriptors"] += one.num_fds()
            found["store MB" if server else "MB"] += one.memory_info().rss >> 20
    command = here.store.connection.command
    return {
        "seconds": round(time.monotonic() - began),
        "tasks": tasks,
        **found,
        "keys": command("DBSIZE"),
        "channels": len(command("PUBSUB", "CHANNELS")) + int(command("PUBSUB", "NUMPAT")),
        "connections": len(command("CLIENT", "LIST").splitlines()),
    }


def clients_of(here: Site) -> list[int]:
    """The ports of those who are connected to `serve`."""
    own = psutil.Process(here.serve).net_connections("tcp")
    return [one.raddr.port for one in own if one.status == psutil.CONN_ESTABLISHED and one.raddr]


async def soak(here: Site, seconds: float) -> tuple[list[dict[str, float]], Counter[str]]:
    """Let them come, and look now and then; at the end wait until nothing is open any more, and look once more."""
    began, results_of = time.monotonic(), Counter[str]()
    looks: list[dict[str, float]] = []
    visits: set[asyncio.Task[None]] = set()
    number = 0
    async with AsyncExitStack() as stays:
        staying = [await stays.enter_async_context(client(here)) for _ in range(STAYING)]
        while (now := time.monotonic() - began) < seconds:
            if now >= number * 60 / PER_MINUTE:
                visits.add(asyncio.create_task(visit(here, number, staying, results_of)))
                number += 1
            if now >= len(looks) * LOOK:
                looks.append(await asyncio.to_thread(look, here, began, number))
                say(json.dumps(looks[-1]) + "\n")
                sys.stdout.flush()
            await asyncio.sleep(0.2)  # a clock, not a wait
        await asyncio.wait_for(asyncio.gather(*visits), 120)
    open_ones = {"pending", "planning", "running", "paused", "waiting_user_input"}
    await asyncio.to_thread(
        eventually,
        lambda: not [row for row in here.person.json("tasks") if row["status"] in open_ones],
        90,
        "every task has ended",
    )
    await asyncio.to_thread(eventually, lambda: not clients_of(here), 30, "`serve` has let go of every client")
    looks.append(await asyncio.to_thread(look, here, began, number))
    return looks, results_of


def judge(looks: list[dict[str, float]], left: list[str]) -> list[str]:
    """What there is more of in the end than there ever was in the third quarter: by then idle servers have left."""
    before, last = looks[len(looks) // 2 : len(looks) * 3 // 4 + 1], looks[-1]
    most = {what: max(one[what] for one in before) for what in last}
    wrong = [
        f"{what}: {most[what]:g} in the third quarter, {last[what]:g} in the end"
        for what in ("processes", "threads", "descriptors", "channels", "connections")
        if last[what] > most[what]
    ]
    if last["MB"] > most["MB"] * MORE:
        wrong.append(f"memory: {most['MB']:g} MB in the third quarter, {last['MB']:g} MB in the end")
    return wrong + [f"a key that stays: {key}" for key in left]


def plot(looks: list[dict[str, float]]) -> Iterator[str]:
    """Each figure as a line of bars, from 0 to its highest."""
    for what in looks[0]:
        values = [one[what] for one in looks]
        top = max(values) or 1
        bars = "".join(BARS[round(value / top * (len(BARS) - 1))] for value in values)
        yield f"{what:12} {bars}  first {values[0]:g}, highest {top:g}, last {values[-1]:g}\n"


def main(minutes: float) -> int:
    """Soak, print the figures, and tell what is wrong."""
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as here:
        looks, results_of = asyncio.run(soak(here, minutes * 60))
        left = leaks(here.store)
    Path("soak.jsonl").write_text("".join(json.dumps(one) + "\n" for one in looks))
    say("".join(plot(looks)))
    say(f"tasks: {dict(results_of)}\n")
    wrong = judge(looks, left)
    say("".join(f"NOT GIVEN BACK {line}\n" for line in wrong) or "everything was given back\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
