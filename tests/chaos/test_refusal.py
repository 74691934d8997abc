"""A store that answers but refuses, in every way that can be provoked, in the middle of work. Nobody may lose anything
by it: every task ends as it should, no call is made twice, no message stays unacknowledged, and all go on by itself.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from redis import Redis

from aether_agents.contracts import HighLevelTask, Template
from aether_agents.errors import StoreRefuses
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from aether_agents.store import PLANNER, Delivery
from tests.chaos.table import Toll
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

pytestmark = pytest.mark.timeout(300)

DEAF_AFTER = 2.0

Commands = tuple[tuple[str | int, ...], ...]


#: Before a command that answers only when the refusal is over.
UNANSWERED = "unanswered"


class Refusal(NamedTuple):
    """A way to refuse."""

    name: str
    begin: Commands
    end: Commands
    said: str  #: what a person reads: the cause, and the fix
    seconds: float = 2.0


FULL = Refusal("full", (("CONFIG", "SET", "maxmemory", 1),), (("CONFIG", "SET", "maxmemory", 0),), "maxmemory", 6.0)
READ_ONLY = Refusal("read only", (("REPLICAOF", "127.0.0.1", 1),), (("REPLICAOF", "NO", "ONE"),), "replica", 6.0)
OTHERS = (
    Refusal(
        "without replicas",
        (("CONFIG", "SET", "min-replicas-to-write", 1),),
        (("CONFIG", "SET", "min-replicas-to-write", 0),),
        "min-replicas-to-write",
    ),
    Refusal(
        "without permission",
        (("ACL", "SETUSER", "default", "-@write"),),
        (("ACL", "SETUSER", "default", "+@all"),),
        "permission",
    ),
    Refusal(  # a folder lies where its snapshot is to be
        "without its disk",
        (("CONFIG", "SET", "save", "3600 1"), ("BGSAVE",)),
        (("CONFIG", "SET", "save", ""),),
        "disk",
    ),
    Refusal(
        "busy",
        (("CONFIG", "SET", "busy-reply-threshold", 50), (UNANSWERED, "EVAL", "while true do end", 0)),
        (("SCRIPT", "KILL"),),
        "script",
    ),
    Refusal(
        "without its primary",
        (("CONFIG", "SET", "replica-serve-stale-data", "no"), ("REPLICAOF", "127.0.0.1", 1)),
        (("REPLICAOF", "NO", "ONE"), ("CONFIG", "SET", "replica-serve-stale-data", "yes")),
        "primary",
    ),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of its own: what it refuses, it refuses everybody."""
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "dump.rdb").mkdir()
    with ValkeyServer(folder) as server:
        yield server


@pytest.fixture(scope="module")
def lab(server: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A planner and a specialist, each a process of its own. Leases end while the longest refusals last."""
    folder = tmp_path_factory.mktemp("lab")
    settings = quick(server, sealing_key, folder)
    settings = settings.model_copy(
        update={
            "delivery": DeliverySettings(
                lease=4, stale=0.5, pump=0.2, concurrency=4, deaf_after=DEAF_AFTER, grace=2, offer_for=0.1
            )
        }
    )
    for lab in laboratory(settings, folder, names=("dev",)):
        lab.worker([PLANNER])
        lab.worker(["dev"])
        yield lab


@pytest.fixture
def admin(server: ValkeyServer) -> Iterator[Redis]:
    """Who does to the server what makes it refuse."""
    with Redis.from_url(server.url) as client:
        yield client


def do(admin: Redis, *command: str | int) -> None:
    """Send the server a command."""
    if command[0] == UNANSWERED:
        admin.connection_pool.get_connection().send_command(*command[1:])
    else:
        admin.execute_command(*command)


def refuses(lab: Lab) -> bool:
    """Whether the server refuses by now."""
    try:
        lab.store.try_to_write()
    except StoreRefuses:
        return True
    return False


def submit(lab: Lab, task_id: str) -> None:
    """A plan of two steps, through the planner."""
    steps = [
        {"id": name, "tool": "dev-echo/echo", "args": {"message": name, "key": f"{task_id}/{name}"}, "needs": needs}
        for name, needs in (("a", []), ("b", ["a"]))
    ]
    document = Template.model_validate(
        {"name": "two", "description": "two steps", "specialist": "dev", "subtasks": steps}
    )
    lab.store.tasks.create(HighLevelTask(task_id=task_id, description="two steps", document=document))
    lab.sender.send([Delivery(task_id, "", PLANNER)])


def work(lab: Lab, task_id: str, gate: Path) -> None:
    """Calls that end only when the gate is opened, one of them not to be made twice, and what follows them."""
    held = {"path": str(gate)}
    lab.launch(
        [
            step(task_id, "safe", tool="gate", args={**held, "key": f"{task_id}/safe"}),
            step(task_id, "unsafe", tool="gate", args={**held, "key": f"{task_id}/unsafe"}, repeatable=False),
            step(
                task_id, "many", ["safe"], for_each=["1", "2", "3"], args={"message": "x", "key": task_id + "/${item}"}
            ),
            step(task_id, "last", ["many", "unsafe"]),
        ],
        task_id,
    )
    for name in ("safe", "unsafe"):
        eventually(lambda name=name: lab.calls().started[f"{task_id}/{name}"], what=f"{name} runs")


def unacknowledged(lab: Lab) -> int:
    """Messages that somebody took and never acknowledged."""
    prefix = f"{lab.store.keys.prefix}:celery:"
    kept = lab.store.connection.command("HLEN", f"{prefix}unacked")
    return int(kept) + int(lab.store.connection.command("ZCARD", f"{prefix}unacked_index"))


def said(lab: Lab) -> list[str]:
    """All lines of both workers that tell of something wrong."""
    lines = [line for at in range(2) for line in lab.log_of(at).splitlines()]
    return [line for line in lines if any(word in line for word in (" WARNING ", " ERROR ", " CRITICAL "))]


@pytest.mark.parametrize("refusal", [FULL, READ_ONLY, *OTHERS], ids=lambda refusal: refusal.name)
def test_nothing_is_lost_by_a_store_that_refuses_for_a_while(
    lab: Lab, admin: Redis, toll: Callable[[Lab, str, str], Toll], refusal: Refusal
) -> None:
    task_id, gate = refusal.name.replace(" ", "-"), lab.folder / f"{refusal.name}.gate"
    submit(lab, f"{task_id}-before")
    assert lab.ended(f"{task_id}-before") == "completed"
    work(lab, task_id, gate)
    plans = [f"{task_id}-plan{number}" for number in range(6)]
    for one in plans:
        submit(lab, one)
    lines = len(said(lab))

    for command in refusal.begin:
        do(admin, *command)
    eventually(lambda: refuses(lab), what="it refuses")
    until = time.monotonic() + refusal.seconds
    gate.touch()
    with pytest.raises(StoreRefuses, match=refusal.said):
        lab.store.tasks.create(HighLevelTask(task_id=f"{task_id}-refused", description="refused"))
    with pytest.raises(StoreRefuses, match=refusal.said):
        lab.sender.send([Delivery(task_id, "last", "dev")])
    eventually(lambda: {f"{task_id}/safe", f"{task_id}/unsafe"} <= lab.calls().ended.keys(), what="the calls end")
    eventually(lambda: time.monotonic() > until, what="the refusal lasts")
    for command in refusal.end:
        do(admin, *command)

    eventually(lambda: not refuses(lab), what="it takes writes again")
    cost = toll(lab, f"store refuses: {refusal.name}, {refusal.seconds:g} s", "workers go on")
    submit(lab, f"{task_id}-after")
    ids = [task_id, *plans, f"{task_id}-after"]
    assert cost.of(ids, within=30) == dict.fromkeys(ids, "completed")
    started = {key: count for key, count in lab.calls().started.items() if key.startswith(task_id)}
    assert set(started.values()) == {1}, started
    eventually(lambda: unacknowledged(lab) == 0, within=15, what="nothing stays unacknowledged")
    assert [process.poll() for process in lab.workers] == [None, None]
    assert len(said(lab)) - lines <= 6, said(lab)[lines:]


@pytest.mark.parametrize("command", ["hset", "zadd", "xadd", "zrem", "hincrby", "brpop"])
def test_one_command_of_many_is_refused_for_longer_than_a_worker_may_be_deaf(
    lab: Lab, admin: Redis, toll: Callable[[Lab, str, str], Toll], command: str
) -> None:
    """Of our functions, each would be refused in its midst; of Celery, what notes a message that was taken."""
    task_id, gate = f"no-{command}", lab.folder / f"no-{command}.gate"
    work(lab, task_id, gate)
    plans = [f"{task_id}-plan{number}" for number in range(24)]
    for one in plans:
        submit(lab, one)

    do(admin, "ACL", "SETUSER", "default", f"-{command}")
    until = time.monotonic() + DEAF_AFTER + 1
    gate.touch()
    with pytest.raises(
        StoreRefuses, match=rf"`default` may not use {command.upper()}.*ACL SETUSER default \+{command}"
    ):
        lab.store.try_to_write(["dev"])
    eventually(lambda: time.monotonic() > until, what="the refusal lasts")
    do(admin, "ACL", "SETUSER", "default", "+@all")

    cost, ids = toll(lab, f"store forbids {command.upper()}, {DEAF_AFTER + 1:g} s", "workers go on"), [task_id, *plans]
    assert cost.of(ids, within=30) == dict.fromkeys(ids, "completed")
    assert {count for key, count in lab.calls().started.items() if key.startswith(f"{task_id}/")} == {1}
    assert {count for key, count in lab.calls().started.items() if key.startswith(f"{task_id}-")} == {1}
    eventually(lambda: unacknowledged(lab) == 0, within=15, what="nothing stays unacknowledged")
    assert [process.poll() for process in lab.workers] == [None, None]
