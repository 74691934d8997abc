"""The store as a process opens it."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Self

from aether_agents.errors import StoreUnavailable
from aether_agents.settings.model import Settings
from aether_agents.store.audit.audit_log import AuditLog
from aether_agents.store.audit.linker import Linker
from aether_agents.store.client.audit_writer import AuditWriter
from aether_agents.store.client.connection import Connection
from aether_agents.store.client.head import Heads
from aether_agents.store.client.head_memory import HeadMemory
from aether_agents.store.client.key_marker import KeyMarker
from aether_agents.store.client.keys import Keys
from aether_agents.store.client.lua_library import LuaLibrary
from aether_agents.store.client.replies import Delivery
from aether_agents.store.client.sealing import Sealer, load_keyring
from aether_agents.store.client.store_client import StoreClient, deliveries
from aether_agents.store.events.stream import Events
from aether_agents.store.interventions.votes import Voting
from aether_agents.store.measures.beats import Beats
from aether_agents.store.measures.counters import Counts
from aether_agents.store.measures.durations import Durations
from aether_agents.store.measures.model_budget import ModelBudget
from aether_agents.store.measures.spent_calls import SpentCalls
from aether_agents.store.system.alert_outbox import AlertOutbox
from aether_agents.store.system.alerts import Alerts
from aether_agents.store.system.catalogue import Catalogue
from aether_agents.store.system.durability import Durability
from aether_agents.store.system.health import Health, failures
from aether_agents.store.system.key_types import PRIORITY_STEPS, KeyTypes
from aether_agents.store.system.presence import Presence
from aether_agents.store.system.rights import Rights
from aether_agents.store.system.schedules import Schedules
from aether_agents.store.system.snapshot import Snapshot
from aether_agents.store.tasks.alike import Alike
from aether_agents.store.tasks.expiry import Expiry
from aether_agents.store.tasks.open_tasks import OpenTasks
from aether_agents.store.tasks.reruns import Reruns
from aether_agents.store.tasks.steering import Steering
from aether_agents.store.tasks.subtask_runs import Runs

#: Functions and their libraries came with Redis 7; every Valkey has them.
REDIS_AT_LEAST = 7

#: Milliseconds the key lives that is written only to see whether it can be.
PROBE_LIVES = 1_000


class Tasks(Reruns, Runs, Alike, Expiry, Steering, Voting, OpenTasks):
    """The state of tasks. Every change is one Lua function that checks it, makes it and appends its event."""


#: Seconds that a command which waits for a message waits for one.
_AT_ONCE = 0.01


class Store:
    """All that is kept on one server under one key prefix. Thread-safe, and safe after a fork."""

    def __init__(self, access: StoreClient) -> None:
        self._access = access
        self.keys = access.keys
        self.connection = access.connection
        self.tasks = Tasks(access)
        self.events = Events(access)
        self.catalogue = Catalogue(access)
        self.presence = Presence(access)
        self.schedules = Schedules(access)
        self.counts = Counts(access)
        self.durations = Durations(access)
        self.alerts = Alerts(access)
        self.audit = AuditLog(access)
        self.linker = Linker(access, self.audit, self.alerts.suspect)
        self.outbox = AlertOutbox(access)
        self.beats = Beats(access)
        self.model_budget = ModelBudget(access)
        self.spent = SpentCalls(access)
        self.durability = Durability(access)
        self.health = Health(access)
        self.key_marker = KeyMarker(access)
        self.rights = Rights(access)
        self.key_types = KeyTypes(access)
        self.snapshot = Snapshot(access)

    def when_freed(self, send: Callable[[list[Delivery]], None]) -> None:
        """Have `send` called with the tasks that a change lets in by freeing a slot; it must not raise.

        Without it they are sent a moment later, by the reaper.
        """
        self._access.library.when_freed(lambda flat: send(deliveries(flat)))

    def ping(self) -> None:
        """Make sure that the server answers.

        Raises:
            StoreUnavailable: it does not.
        """
        self.connection.command("PING")

    def try_to_write(self, queues: Sequence[str] = ()) -> None:
        """Make sure that the server takes what is written to it, by whichever command.

        With `queues`, for a process that takes messages from those: with the commands that this needs, too.

        Raises:
            StoreUnavailable: it cannot be reached, or (StoreRefuses) it refuses.
        """
        self.connection.command("SET", self.keys.probe, "", "PX", PROBE_LIVES)
        self.rights.require(consumes=bool(queues))
        self.key_types.require(queues)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def backlog(self, queues: Iterable[str]) -> dict[str, int]:
        """How many messages lie in each of these Celery queues, all priorities together."""
        names = list(queues)
        lines = [("LLEN", self.keys.queue(name, step)) for name in names for step in PRIORITY_STEPS]
        lengths = self.connection.commands(lines) if lines else []
        steps = len(PRIORITY_STEPS)
        return {name: sum(lengths[i * steps : (i + 1) * steps]) for i, name in enumerate(names)}

    def busy(self, queues: Iterable[str]) -> set[str]:
        """Those of these Celery queues in which a message lies.

        Every process asks twice a second: one command while all are empty, as they are nearly always, then one each.
        """
        lists = {name: [self.keys.queue(name, step) for step in PRIORITY_STEPS] for name in queues}
        if not lists or not self.connection.command("EXISTS", *chain.from_iterable(lists.values())):
            return set()
        found = self.connection.commands([("EXISTS", *keys) for keys in lists.values()])
        return {name for name, filled in zip(lists, found, strict=True) if filled}

    def take_message(self, queue: str) -> bytes | None:
        """Take the first message of a Celery queue past Celery; should it be lost, the reaper sends another.

        With the command that Celery uses, so that whoever may consume may do this too.
        """
        keys = [self.keys.queue(queue, step) for step in PRIORITY_STEPS]
        found = self.connection.command("BRPOP", *keys, _AT_ONCE)
        return found[1] if found else None

    def product(self) -> str:
        """What the server is, such as `Valkey 9.1.2`.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        about = self.connection.command("INFO", "server")
        if version := about.get("valkey_version"):
            return f"Valkey {version}"
        return f"Redis {about.get('redis_version', 'of an unknown version')}"

    def diagnose(self) -> list[str]:
        """What is wrong with the server, each with its fix; empty when nothing is.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        faults = []
        about = {}
        for part in ("server", "memory", "persistence", "cluster"):
            about.update(self.connection.command("INFO", part))
        if int(about.get("cluster_enabled", 0)):
            faults.append("the server is a Redis Cluster, which is not supported: use one server, or one with replicas")
        if not int(about.get("aof_enabled", 0)):
            faults.append("the append-only file is off: a restart loses tasks. Set `appendonly yes`")
        policy = about.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            faults.append(f"maxmemory-policy is {policy}: tasks could vanish. Set `maxmemory-policy noeviction`")
        return faults + failures(about)


def open_store(settings: Settings, *, any_key: bool = False) -> Store:
    """Open the store that the settings name; with `any_key`, also one that belongs to another sealing key.

    Raises:
        StoreUnavailable: no address, or the server cannot be reached or is too old.
        CannotOpen: this process has no sealing key, or not the one that the store belongs to.
        InvalidSettings: address or key are malformed.
    """
    if settings.broker.url is None:
        raise StoreUnavailable
    sealer = Sealer(load_keyring(settings))
    keys = Keys(settings.broker.prefix)
    connection = Connection(settings.broker.url)
    library = LuaLibrary(connection, keys, stale=settings.delivery.stale, lease=settings.delivery.lease)
    writer = AuditWriter(sealer.keys, enabled=settings.audit.enabled)
    memory = HeadMemory(settings.home, f"{connection.address} {keys.prefix}") if settings.home != Path() else None
    store = Store(StoreClient(connection, keys, library, sealer, settings, writer, Heads(memory)))
    try:
        _require_functions(connection)
        if not any_key:
            store.key_marker.require()
    except BaseException:
        connection.close()
        raise
    return store


def _require_functions(connection: Connection) -> None:
    about = connection.command("INFO", "server")
    version = str(about.get("redis_version", "0"))
    if "valkey_version" not in about and int(re.split(r"\D", version)[0] or 0) < REDIS_AT_LEAST:
        raise StoreUnavailable(
            f"the server at {connection.address} is Redis {version}; needed: Redis {REDIS_AT_LEAST} or Valkey"
        )
