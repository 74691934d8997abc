"""KnownServers: the servers a worker may start, read again when a person has trusted or edited something."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.config import load_servers
from aether_agents.mcp_host.install import installed
from aether_agents.mcp_host.trust import Trust, stamp
from aether_agents.mcp_host.user_file import USER_FILE
from aether_agents.settings import Settings

log = logging.getLogger(__name__)

#: Seconds between two looks at the files' times.
LOOK_EVERY = 1.0
#: A look at a large folder takes longer than a moment; this many times as long passes before the next.
LOOK_SHARE = 20.0


class KnownServers:
    """Called, it gives the servers by name. Thread-safe."""

    def __init__(self, settings: Settings, specialists: Sequence[Specialist]) -> None:
        self._settings = settings
        self._specialists = specialists
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._stamps: tuple[object, ...] | None = None
        self._known: Mapping[str, ServerSpec] = {}

    def __call__(self) -> Mapping[str, ServerSpec]:
        """The servers by name, as the files are now."""
        with self._lock:
            began = time.monotonic()
            if began >= self._next:
                self._read_if_changed()
                took = time.monotonic() - began
                self._next = began + max(LOOK_EVERY, took * LOOK_SHARE)
            return self._known

    def installed(self, spec: ServerSpec) -> bool:
        """Whether what a server needs is there."""
        return installed(spec, self._settings.home)

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

    def _now(self) -> tuple[object, ...]:
        """When anything that declares a server, or that a trusted one can run, was last written."""
        user = stamp(self._settings.home / USER_FILE)
        try:
            return user, *Trust(self._settings.home).stamp()
        except InvalidSettings:
            return (user,)  # load_servers says what is wrong with the record
