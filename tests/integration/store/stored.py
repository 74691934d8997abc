"""What the store holds of a task, readable: taken out of a server and unsealed, or sealed and planted into one.

`python -m tests.integration.store.stored` writes the tasks of the present form; a form that was released stays as it
was written then.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from aether_agents.contracts import Fired, Json, Outcome, Retry, Risk, Tool, ToolRow
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store import CatalogueEntry, Store, open_store
from aether_agents.store.client.head import Head
from aether_agents.store.client.migrations import FORM
from aether_agents.store.client.places import Places
from aether_agents.store.client.sealing import make_key_file
from tests.integration.store.plans import DONE, FAILED, granted, plan_of, planned, run, started, subtask

FOLDER = Path(__file__).with_name("forms")

#: How a sealed field of a task is marked in the readable text.
SEALED = "sealed"


def place(task_id: str, field: str, head: Head) -> str | None:
    """Where a sealed field belongs; none for a field that is not sealed."""
    kind, _, name = field.partition(":")
    if kind == "p" and name:
        return Places.question(task_id, name)
    places = {"d": Places.subtask, "o": Places.outcome, "a": Places.answer}
    if kind in places and name:
        return head.place(places[kind](task_id, name))
    if kind == "q" and name:
        about = name.rpartition(".")[0]
        return Places.question(task_id, "" if about == "task" else about)
    if field in ("task", "plan"):
        return head.place(getattr(Places, field)(task_id))
    whole = {"head": Places.head, "fault": Places.said, "x": Places.said}
    return whole[field](task_id) if field in whole else None


def opened(store: Store, where: str, value: bytes) -> Json:
    """A sealed field, readable, with its version where it has one."""
    version = int.from_bytes(value[3 + value[2] : 7 + value[2]]) if value[0] > 1 else 0
    found = {SEALED: store.tasks._access.sealer.open(where, value)}
    return {**found, "version": version} if version else found


def closed(store: Store, where: str, value: dict[str, Any]) -> bytes:
    """The same, sealed."""
    return store.tasks._access.sealer.seal(where, value[SEALED], value.get("version", 0))


def take(store: Store, task_id: str) -> Json:
    """All that the store holds of a task."""
    command, keys = store.connection.command, store.keys
    head = store.tasks._access.open_head(task_id, command("HGET", keys.task(task_id), "head"))

    def shown(field: str, value: bytes) -> Json:
        where = place(task_id, field, head)
        if field == "fault" and where:
            whose, _, value = value.partition(b" ")
            return [whose.decode(), opened(store, where, value)]
        return opened(store, where, value) if where and value not in (b"", b"lost") else value.decode()

    def hash_of(key: str) -> Json:
        return {name.decode(): shown(name.decode(), value) for name, value in sorted(command("HGETALL", key).items())}

    return {
        "task": hash_of(keys.task(task_id)),
        "subtasks": hash_of(keys.subtasks(task_id)),
        "events": [
            [
                number.decode(),
                *(part for name, value in fields.items() for part in (name.decode(), shown(name.decode(), value))),
            ]
            for number, fields in command("XRANGE", keys.events(task_id), "-", "+")
        ],
        "waiting": [one.decode() for one in command("ZRANGE", keys.waiting(task_id), 0, -1)],
        "due": [one.decode() for one in command("ZRANGE", keys.due, 0, -1) if one.startswith(task_id.encode() + b"|")],
        "active": command("SISMEMBER", f"{keys.prefix}:active", task_id),
    }


def plant(store: Store, task_id: str, held: dict[str, Any]) -> None:
    """Put what was taken into a store, sealed under its key. Every step of an open task is due at once."""
    command, keys = store.connection.command, store.keys
    said = held["task"].get("head", {SEALED: {}})[SEALED]
    head = Head.model_validate({name: value for name, value in said.items() if name not in ("form", "by")})

    def stored(field: str, value: Any) -> Any:
        where = place(task_id, field, head)
        if field == "fault" and where:
            return f"{value[0]} ".encode() + closed(store, where, value[1])
        return closed(store, where, value) if where and isinstance(value, dict) else value

    for key, name in ((keys.task(task_id), "task"), (keys.subtasks(task_id), "subtasks")):
        for field, value in held[name].items():
            command("HSET", key, field, stored(field, value))
    for number, *fields in held["events"]:
        pairs = zip(fields[::2], fields[1::2], strict=True)
        command(
            "XADD",
            keys.events(task_id),
            number,
            *(part for name, value in pairs for part in (name, stored(name, value))),
        )
    for rank, one in enumerate(held["waiting"], start=1):
        command("ZADD", keys.waiting(task_id), rank, one)
    for step in held["due"]:
        command("ZADD", keys.due, 2**42 if step.endswith("|!") else 0, step)
    if held["active"]:
        command("SADD", f"{keys.prefix}:active", task_id)
    command("ZADD", keys.recent, held["task"]["created"], task_id)
    if "finished" in held["task"]:
        for key in (keys.task(task_id), keys.subtasks(task_id), keys.events(task_id)):
            command("PEXPIRE", key, 60_000)


def fill(store: Store) -> list[str]:
    """Tasks in every state that an upgrade may meet. Gives their ids."""
    more = {
        "list": {"for_each": [1, 2]},
        "lint": {"on_failure": "continue", "retry": Retry(max_attempts=3), "timeout": 60},
        "ask": {"needs_approval": True, "args": {"text": "hello"}},
    }
    plan = plan_of({"list": [], "lint": ["list"]}, **more).model_copy(
        update={"outputs": {"said": "${subtasks.list.output}"}}
    )
    claim = planned(store, "ended", inputs={"path": "/a"}, priority=7)
    store.tasks.start("ended", claim.token, plan, direct=True)
    fan = granted(store, "list", "ended")
    children = [subtask(f"list#{index}", args={"text": str(index)}) for index in range(2)]
    store.tasks.fan("ended", "list", fan.token, children, window=1)
    for name, outcome in (("list#0", DONE), ("list#1", DONE), ("list", Outcome(status="completed", output=[1, 2]))):
        run(store, name, outcome, "ended")
    run(store, "lint", FAILED, "ended")

    store.connection.command("HSET", store.keys.task("ended"), "undone", "open")

    started(store, {"first": [], "second": ["first"], "third": ["second"]}, task_id="open")
    run(store, "first", task_id="open")
    granted(store, "second", "open")
    started(store, {"first": [], "ask": ["first"], "last": ["ask"]}, task_id="asking", **more)
    run(store, "first", task_id="asking")
    planned(store, "planning", inputs={"path": "/a"})
    store.catalogue.publish(
        "sha256:1",
        "echo",
        "dev",
        [Tool(server="echo", name="say", specialist="dev", pin="p1", row=ToolRow(tool="echo/say", risk=Risk.READ))],
    )
    store.schedules.fired("nightly", Fired.model_validate({"slot": "2026-11-22T03:00:00Z", "task_id": "ended"}))
    return ["ended", "open", "asking", "planning"]


def write(path: Path) -> None:
    """Write the tasks of the present form, made on a server of their own."""
    with tempfile.TemporaryDirectory() as place_for_it, ValkeyServer(Path(place_for_it)) as server:
        key = Path(place_for_it) / "key"
        make_key_file(key)
        settings = Settings(
            broker=BrokerSettings(url=server.url, prefix="stored"), encryption=EncryptionSettings(key_file=key)
        )
        with open_store(settings) as store:
            ids = fill(store)
            blob = store.connection.command("HGET", store.keys.catalogue, "echo")
            held = {
                "tasks": {one: take(store, one) for one in ids},
                "catalogue": {"echo": store.tasks._access.sealer.open(Places.server("echo"), blob)},
                "schedules": {
                    name.decode(): text.decode()
                    for name, text in store.connection.command("HGETALL", store.keys.schedules).items()
                },
                "read": {
                    "task": store.tasks.task("ended").model_dump(mode="json"),
                    "plan": store.tasks.plan("ended").model_dump(mode="json"),  # type: ignore[union-attr]
                    "outcome": store.tasks.outcomes("ended", ["lint"])["lint"].model_dump(mode="json"),
                    "server": CatalogueEntry.model_dump(store.catalogue.entries()["echo"], mode="json"),
                },
            }
    path.write_text(json.dumps(held, indent=1, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write(Path(sys.argv[1]) if sys.argv[1:] else FOLDER / f"{FORM}.json")
