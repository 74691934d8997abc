"""Presence: which processes are alive. Each says so itself, often; silence for ten seconds means gone.

A process is its name, its host and its pid: of two that share a name, each counts, and each leaves for itself.
"""

import json
import os
import socket
from collections.abc import Mapping

from aether_agents.contracts import Json
from aether_agents.process.build import build
from aether_agents.store.client.migrations import FORM
from aether_agents.store.client.replies import WorkerInfo
from aether_agents.store.client.store_client import StoreClient, StorePart, compact

#: Seconds a process counts as alive after its last word.
ALIVE_FOR = 10.0

#: Share of its descriptors from which a process speaks of them.
STRAINED = 0.5


class Presence(StorePart):
    """One key per live process, which expires by itself, and one short index."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._since: dict[tuple[str, int], float] = {}

    def beat(
        self,
        name: str,
        kind: str,
        queues: tuple[str, ...] | list[str],
        pid: int | None = None,
        *,
        witness: str = "",
        sure: bool = False,
        state: str = "",
        strain: float = 0.0,
        memory: Mapping[str, int] | None = None,
    ) -> None:
        """Say that a process is alive, in which state, and which share of its descriptors it has open.

        `memory`: bytes by `queue|server`.

        One that makes calls is a `witness` under a name that no other process ever has: a store that comes back older
        waits for what it remembers. It is `sure` if a power loss of the store cannot undo the claim of a call it made.
        """
        pid = pid or os.getpid()
        host = socket.gethostname()
        since = self._since.get((name, pid))
        if since is None:
            since = self._since[name, pid] = float(self._access.connection.command("TIME")[0])
        about: dict[str, Json] = {
            "name": name,
            "kind": kind,
            "queues": [*queues],
            "pid": pid,
            "host": host,
            "since": since,
            "version": build(),
            "form": FORM,
        }
        if state not in ("", "ready"):
            about["state"] = state
        if strain >= STRAINED:
            about["strain"] = round(strain, 2)
        if memory:
            about["memory"] = dict(memory)
        self._access.call("beat", _identity(name, host, pid), compact(about), int(ALIVE_FOR * 1000), witness, int(sure))

    def leave(self, name: str, pid: int | None = None, *, witness: str = "") -> None:
        """Say that a process ends. What it did is stored by now, or this word will be lost with it."""
        keys, identity = self._access.keys, _identity(name, socket.gethostname(), pid or os.getpid())
        lines = [("DEL", keys.worker(identity)), ("ZREM", keys.workers, identity)]
        if witness:
            lines.append(("ZREM", keys.witnesses, f"{witness}/0", f"{witness}/1"))
        self._access.connection.commands(lines)

    def heard(self, witness: str) -> None:
        """Say that a process has told the store all it remembers of the epoch before."""
        self._access.call("heard", witness)

    def alive(self) -> list[WorkerInfo]:
        """Every process that is alive, by name."""
        keys = self._access.keys
        names = [name.decode() for name in self._access.connection.command("ZRANGE", keys.workers, 0, -1)]
        if not names:
            return []
        found = self._access.connection.command("MGET", *(keys.worker(name) for name in names))
        return sorted(_worker(name, text) for name, text in zip(names, found, strict=True) if text is not None)


def _identity(name: str, host: str, pid: int) -> str:
    return f"{name}/{host}/{pid}"


def _worker(identity: str, text: bytes) -> WorkerInfo:
    about = json.loads(text)
    return WorkerInfo(
        name=about.get("name", identity),  # a version before is its name alone
        kind=about["kind"],
        queues=tuple(about["queues"]),
        pid=about["pid"],
        host=about["host"],
        since=about["since"],
        state=about.get("state", ""),
        version=about.get("version", ""),
        strain=about.get("strain", 0.0),
        memory=about.get("memory", {}),
    )
