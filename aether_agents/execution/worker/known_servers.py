"""KnownServers: the servers a worker may start, read again when a person has trusted or edited something."""

import logging
import socket
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from aether_agents.contracts import ServerSpec
from aether_agents.errors import InvalidSettings
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.mcp_host.files.project_scope import Visible, reason, visible
from aether_agents.mcp_host.files.user_file import USER_FILE
from aether_agents.mcp_host.install.installer import installed
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust, stamp
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry

log = logging.getLogger(__name__)

#: Seconds between two looks at the files' times.
LOOK_EVERY = 1.0
#: A look at a large folder takes longer than a moment; this many times as long passes before the next.
LOOK_SHARE = 20.0
#: The same for a plan: what a person changed before he asked counts, and many plans at once share a look.
PLAN_EVERY, PLAN_SHARE = 0.1, 4.0


class KnownServers:
    """Called, it gives the servers by name. Thread-safe."""

    def __init__(self, settings: Settings, specialists: KnownSpecialists) -> None:
        """`specialists` gives them as they are now."""
        self._settings = settings
        self.specialists = specialists
        self._lock = threading.Lock()
        self._next = self._next_for_plans = float("-inf")
        self._stamps: tuple[object, ...] | None = None
        self._known: Mapping[str, ServerSpec] = {}
        self._inert: Mapping[str, ServerSpec] = {}
        self._lost: Mapping[str, str] = {}

    def __call__(self) -> Mapping[str, ServerSpec]:
        """The servers by name, as the files are now."""
        with self._lock:
            if time.monotonic() >= self._next:
                self._look()
            return self._known

    def now(self) -> Mapping[str, ServerSpec]:
        """The same for a plan, which is no moment late."""
        with self._lock:
            if time.monotonic() >= self._next_for_plans:
                self._look()
            return self._known

    def visible(self, folder: str) -> Visible:
        """What the names of servers mean to a task of a folder; without one, of the folder of this process."""
        place = Path(folder or self._settings.project)
        known = self()
        barred = {
            name: reason(spec, self._lost)
            for name, spec in self._inert.items()
            if not spec.project or place.resolve().is_relative_to(spec.project)
        }
        return visible(known, place, barred)

    @property
    def home(self) -> str:
        """The AETHER_HOME whose servers these are."""
        return str(self._settings.home)

    def barred(self, entry: CatalogueEntry) -> str | None:
        """Why a server that was listed here may not be started here any more; none while it may.

        By the last look; what was listed for another host or another home is theirs to say.
        """
        if (entry.host, entry.home) != (socket.gethostname(), self.home) or entry.server in self._known:
            return None
        inert = self._inert.get(entry.server)
        if inert is None:
            return "no trusted file declares it any more: look at the folder of its file with `aether-agent trust`"
        return reason(inert, self._lost)

    def accepted_ahead(self, spec: ServerSpec) -> str | None:
        """Who accepted what a server lists first, before it did; empty: nobody has to, it is ours or the person's own.

        None: it is a project's, or was found, and somebody has to look at its tools.
        """
        if spec.bundled or not spec.source or Path(spec.source) == self._settings.home / USER_FILE:
            return ""
        try:
            return Trust(self._settings.home).tools_by(Path(spec.source))
        except InvalidSettings:
            return None

    def installed(self, spec: ServerSpec) -> bool:
        """Whether what a server needs is there."""
        return installed(spec, self._settings.home)

    def store_retry(self, names: Collection[str]) -> float:
        """Seconds until all of these must have started. Servers start a few at a time, so the slowest counts too."""
        known, usual = self(), self._settings.agent_system.mcp_integration.server_timeout
        own = [spec.timeout if (spec := known.get(name)) and spec.timeout else usual for name in names]
        others = [spec.timeout or 0.0 for name, spec in known.items() if name not in names]
        return max(own, default=usual) + max(others, default=0.0)

    def of(self, queue: str) -> list[ServerSpec]:
        """The servers that one specialist calls."""
        return [spec for spec in self().values() if spec.queue == queue]

    def _look(self) -> None:
        began = time.monotonic()
        self._read_if_changed()
        took = time.monotonic() - began
        self._next = began + max(LOOK_EVERY, took * LOOK_SHARE)
        self._next_for_plans = began + max(PLAN_EVERY, took * PLAN_SHARE)

    def _read_if_changed(self) -> None:
        stamps = self._now()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        servers = load_servers(self._settings, self.specialists())
        for fault in servers.faults:
            log.warning("%s", fault)
        self._known = dict(servers.known)
        self._inert = {spec.name: spec for spec in reversed(servers.inert)}
        self._lost = dict(servers.lost)

    def _now(self) -> tuple[object, ...]:
        """When anything that declares a server, or that a trusted one can run, was last written."""
        own, user = self.specialists(), stamp(self._settings.home / USER_FILE)
        try:
            return own, user, *Trust(self._settings.home).stamp()
        except InvalidSettings:
            return own, user  # load_servers says what is wrong with the record
