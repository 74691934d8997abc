"""Durability: whether a power loss of the server can undo what it granted; asked before an unrepeatable call.

`appendfsync always` answers after the disk has it. With `everysec`, who runs on the server's machine and may open its
append-only file brings it to the disk himself, as the embedded stack does (`local_disk`). Elsewhere `WAITAOF` should
wait for the disk; several servers answer it too early, so it is relied on only where it was seen to wait. Where the
server is told to have replicas (`min-replicas-to-write`), `WAIT` waits for that many. Both look at what their own
connection wrote last, so they follow a write of ours on the same one.
"""

import threading
import time
from typing import NamedTuple

from aether_agents.errors import StoreRefuses, StoreUnavailable
from aether_agents.store.client.connection import Part, ResponseError
from aether_agents.store.client.store_client import StoreClient, StorePart
from aether_agents.store.system.health import Health
from aether_agents.store.system.local_disk import LocalDisk

#: Milliseconds the server gets, less than an unanswered command gets; and while it is found out whether it waits.
TIMEOUT, TRIAL = 5_000, 2_000

#: With `everysec` the disk hears once a second: a wait right after another one's end is no wait if it is as short (s).
_NO_WAIT = 0.3


class Way(NamedTuple):
    """How this server can be asked."""

    disk: str  #: `reply`: every answer waits for the disk; `file`: we sync its file; `wait`: WAITAOF waits; else empty
    replicas: int  #: that WAIT has to hear of
    lagging: bool  #: there are replicas that nobody waits for: one of them may take over

    @property
    def sure(self) -> bool:
        """Whether what was granted and secured cannot be undone."""
        return bool(self.disk) and not self.lagging


NO_WAY = Way("", 0, False)


class Durability(StorePart):
    """Secures what was granted. Thread-safe."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._lock = threading.Lock()
        self._known: tuple[int, Way] | None = None
        self._file = LocalDisk(access)

    @property
    def sure(self) -> bool:
        """Whether the calls of this process are secured, as far as it has found out."""
        known = self._known
        return known is not None and known[1].sure

    def way(self, epoch: int = 0) -> Way:
        """How this server is asked. It is found out once per epoch of the store.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        if self._access.settings.delivery.confirm == "off":
            return NO_WAY
        with self._lock:
            if self._known is None or self._known[0] != epoch:
                self._known = epoch, self._found_out()
            return self._known[1]

    def secure(self, epoch: int = 0) -> None:
        """Wait until all that was granted to this process is safe, as far as this server can tell.

        Raises:
            StoreUnavailable: it cannot be reached, or its disk or its replicas did not say so in time.
        """
        way = self.way(epoch)
        if way.disk == "file" and not self._file.sync(TIMEOUT / 1000):
            raise StoreUnavailable(
                f"the store has not written to its file for {TIMEOUT // 1000} s, and an unrepeatable call waits for "
                "that: look at its disk, or set `delivery: {confirm: off}`"
            )
        if way.disk == "wait" and self._waited("WAITAOF", 1, 0) < 1:
            raise StoreUnavailable(
                f"the store has not written to its disk for {TIMEOUT // 1000} s, and an unrepeatable call waits for "
                "that: look at its disk, or set `delivery: {confirm: off}`"
            )
        if way.replicas and self._waited("WAIT", way.replicas) < way.replicas:
            raise StoreUnavailable(
                f"fewer than {way.replicas} replicas have answered the store for {TIMEOUT // 1000} s, and an "
                "unrepeatable call waits for that: look at them, or set `delivery: {confirm: off}`"
            )

    def _waited(self, *command: Part, timeout: int = TIMEOUT) -> int:
        key = f"{self._access.keys.prefix}:secured"
        found = self._access.connection.commands([("SET", key, 1, "PX", 60_000), (*command, timeout)])[1]
        return int(found[0] if isinstance(found, list) else found)

    def _found_out(self) -> Way:
        setting = Health(self._access).setting
        about = {**self._access.connection.command("INFO", "persistence")}
        about.update(self._access.connection.command("INFO", "replication"))
        replicas = int(setting("min-replicas-to-write") or 0)
        disk = ""
        if int(about.get("aof_enabled", 0)):
            policy = setting("appendfsync")
            if policy == "always":
                disk = "reply"
            elif self._file.reaches(TRIAL / 1000):
                disk = "file"
            elif policy != "no" and self._waits():
                disk = "wait"
        return Way(disk, replicas, int(about.get("connected_slaves", 0)) > replicas)

    def _waits(self) -> bool:
        """Whether WAITAOF waits for the disk: it was seen to, on two waits in a row."""
        try:
            if not self._waited("WAITAOF", 1, 0, timeout=TRIAL):
                return False
            began = time.monotonic()
            return self._waited("WAITAOF", 1, 0, timeout=TRIAL) == 1 and time.monotonic() - began > _NO_WAIT
        except (ResponseError, StoreRefuses):  # older than 7.2, or not allowed to us
            return False
