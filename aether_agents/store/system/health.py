"""Health: how near the server is to the end of what it has - memory, connections, disk - before it refuses."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from aether_agents.errors import StoreRefuses
from aether_agents.store.client.connection import ResponseError
from aether_agents.store.client.store_client import StorePart

MIB, GIB = 1024**2, 1024**3

#: A disk with this much room beside four times the append-only file is not near its end, however large it is.
ROOM = 1 * GIB

#: Hosts that are this machine.
_HERE = ("localhost", "127.0.0.1", "::1")


class Strain(NamedTuple):
    """How much of something is used."""

    what: Literal["memory", "connections", "disk"]
    share: float  #: 0 to 1
    said: str
    fix: str
    roomy: bool = False  #: what is left is enough for long, whatever share of the whole it is

    def near(self, percent: float) -> bool:
        """Whether that is near its end; with 100, nothing ever is."""
        return not self.roomy and 100 * min(self.share, 1.0) > percent


class Health(StorePart):
    """Read from what the server says of itself. What it does not let us see is left out."""

    def strains(self) -> list[Strain]:
        """What is used of all that can end.

        Raises:
            StoreUnavailable: the server cannot be reached.
        """
        about: dict[str, Any] = {}
        for part in ("server", "memory", "clients", "persistence"):
            about.update(self._access.connection.command("INFO", part))
        return [*_memory(about), *_connections(about), *self._disk(about)]

    def setting(self, name: str) -> str | None:
        """A setting of the server; none where it does not let us see (managed servers)."""
        try:
            found = self._access.connection.command("CONFIG", "GET", name)
        except (ResponseError, StoreRefuses):
            return None
        return found[1].decode() if found else None

    def _disk(self, about: Mapping[str, Any]) -> Iterator[Strain]:
        """Of a server on this machine: the disk that its append-only file is on."""
        folder = self.setting("dir")
        if folder is None or not self._is_here(Path(folder), int(about.get("process_id", 0))):
            return
        disk = shutil.disk_usage(folder)
        needs = 4 * int(about.get("aof_current_size", 0))
        said = f"the disk of the store's data has {disk.free / GIB:.1f} of {disk.total / GIB:.1f} GiB left ({folder})"
        yield Strain("disk", 1 - disk.free / disk.total, said, "make room there", roomy=disk.free > ROOM + needs)

    def _is_here(self, folder: Path, pid: int) -> bool:
        parts = urlsplit(self._access.connection.url)
        try:
            if parts.scheme == "unix":
                return folder.is_dir()
            return parts.hostname in _HERE and Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
        except OSError:
            return False


def failures(about: Mapping[str, Any]) -> list[str]:
    """What the server could not do last time, of its INFO on persistence, each with its fix."""
    parts = {
        "aof_last_write_status": "write to its append-only file",
        "aof_last_bgrewrite_status": "rewrite its append-only file",
        "rdb_last_bgsave_status": "save its snapshot",
    }
    return [
        f"the server could not {what} last time: see its log; make room on its disk, or give it memory to fork"
        for field, what in parts.items()
        if about.get(field, "ok") != "ok"
    ]


def _memory(about: Mapping[str, Any]) -> Iterator[Strain]:
    used, most = int(about.get("used_memory", 0)), int(about.get("maxmemory", 0))
    limit = most or int(about.get("total_system_memory", 0))
    if limit:
        of = "its `maxmemory`" if most else "its machine's memory"
        said = f"the store uses {used / MIB:,.0f} of the {limit / MIB:,.0f} MiB of {of}"
        yield Strain("memory", used / limit, said, "give it more, or shorten `retention.days`")


def _connections(about: Mapping[str, Any]) -> Iterator[Strain]:
    used, most = int(about.get("connected_clients", 0)), int(about.get("maxclients", 0))
    if most:
        said = f"the store has {used} of the {most} connections it may have"
        yield Strain("connections", used / most, said, "raise `maxclients`, and its `ulimit -n`")
