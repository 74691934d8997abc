"""KnownServers: the servers a worker may start, read again when a person has trusted or edited something."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.config import USER_FILE, load_servers
from aether_agents.mcp_host.trust import Trust
from aether_agents.settings import Settings

log = logging.getLogger(__name__)

#: Seconds between two looks at the files' times.
LOOK_EVERY = 1.0


class KnownServers:
    """Called, it gives the servers by name. Thread-safe."""

    def __init__(self, settings: Settings, specialists: Sequence[Specialist]) -> None:
        self._settings = settings
        self._specialists = specialists
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._stamps: dict[Path, tuple[int, ...]] | None = None
        self._known: Mapping[str, ServerSpec] = {}

    def __call__(self) -> Mapping[str, ServerSpec]:
        """The servers by name, as the files are now."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= LOOK_EVERY:
                self._looked = now
                self._read_if_changed()
            return self._known

    def of(self, queue: str) -> list[ServerSpec]:
        """The servers that one specialist calls."""
        return [spec for spec in self().values() if spec.queue == queue]

    def _read_if_changed(self) -> None:
        stamps = self._now()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        servers = load_servers(self._settings, self._specialists)
        for fault in servers.faults:
            log.warning("%s", fault)
        self._known = dict(servers.known)

    def _now(self) -> dict[Path, tuple[int, ...]]:
        """When each file that may declare servers was last written."""
        trust = Trust(self._settings.home)
        try:
            trusted = trust.paths()
        except InvalidSettings:
            trusted = []  # load_servers says what is wrong with the record
        return {path: _stamp(path) for path in (trust.file, self._settings.home / USER_FILE, *trusted)}


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever the file does, also where a copy kept the time of writing."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size, stat.st_ino
