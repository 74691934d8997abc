"""PinnedTools: the live tools of this process, each checked against the pin it was planned with."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from aether_agents.contracts import ServerSpec, Specialist, Tool
from aether_agents.errors import InvalidSettings, ServerBarred, ServerDown, ServerQuarantined, ToolDrifted
from aether_agents.execution.calls.remembered_pins import RememberedPins
from aether_agents.execution.calls.tool_host import ToolHost
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.mcp_host import catalogue_tools
from aether_agents.mcp_host.registry.queue_inference import infer_queue
from aether_agents.mcp_host.registry.spec_digest import spec_digest
from aether_agents.store import CatalogueEntry, Store

#: Seconds the catalogue's word on a server (live, quarantined) is believed before it is read again.
BELIEVED = 2.0


class PinnedTools:
    """Finds a tool on its open session, and waits for a store that is away. Thread-safe."""

    def __init__(
        self,
        host: ToolHost,
        store: Store,
        specialists: Callable[[], tuple[Specialist, ...]],
        servers: Callable[[], Mapping[str, ServerSpec]],
        memory: RememberedPins | None = None,
        store_retry: StoreRetry | None = None,
        barred: Callable[[CatalogueEntry], str | None] = lambda _entry: None,
    ) -> None:
        """What the worker stands on.

        Args:
            host: the open sessions.
            store: where the catalogue is.
            specialists: gives them as they are now.
            servers: gives those that may be started, by name.
            memory: what was accepted here.
            store_retry: how long a store that is away is waited for.
            barred: why a server that was listed here may not be started here any more.
        """
        self._host = host
        self._store = store
        self._specialists = specialists
        self._servers = servers
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Tool]] = {}
        self._read_with: dict[str, Specialist | None] = {}  #: whose table governs the tools of a server
        self._entries: dict[str, CatalogueEntry] = {}
        self._read_at = float("-inf")
        self.memory = memory or RememberedPins(None)
        self._store_retry = store_retry or StoreRetry()
        self._barred = barred
        self._digests: dict[str, tuple[ServerSpec, str]] = {}

    def find(self, ref: str, pin: str = "") -> Tool:
        """The live tool of `server/tool`; its session is opened if it is not.

        Raises:
            ServerDown: its server cannot be used (ServerBarred: nor any tool of it by anybody), or has no such tool.
            ToolDrifted: it is not the tool with that pin, or (ServerQuarantined) its server is quarantined.
        """
        server, _, name = ref.partition("/")
        entry = self._entry(server)
        if entry is not None and entry.status == "quarantined":
            entry = self._entry(server, believed=0.0)  # it may have been accepted a moment ago
        if entry is not None and entry.status == "quarantined":
            raise ServerQuarantined(
                f"server `{server}` is quarantined ({entry.error}): look at it and `aether-agent servers lock {server}`"
            )
        if entry is not None and server not in self._servers() and (why := self._barred(entry)):
            raise ServerBarred(f"server `{server}` may not be started any more: {why}")
        tool = self._live(server, name)
        if pin and tool.pin != pin:
            tool = self._as_planned(tool, pin)
        self._require_accepted(tool)
        return tool

    def _require_accepted(self, tool: Tool) -> None:
        """Make sure that a tool is the one that was accepted here, whatever the catalogue says by now.

        Raises:
            ToolDrifted: it is not.
        """
        known = self.memory.of(tool.server)
        if known is None or known.pins.get(tool.name) == tool.pin or known.spec_digest != self._digest(tool.server):
            return
        entry = self._entry(tool.server, believed=0.0)  # it may have been accepted a moment ago
        if entry is not None:
            self.learn(entry)
            known = self.memory.of(tool.server)
        if known is None or known.pins.get(tool.name) != tool.pin:
            raise self._drifted(tool)

    def learn(self, entry: CatalogueEntry) -> None:
        """Remember what was accepted elsewhere, with the key, after what is remembered here."""
        known = self.memory.of(entry.server)
        if known is not None and entry.number > known.number and entry.spec_digest == self._digest(entry.server):
            self.memory.keep(entry)

    def unseen(self, server: str) -> bool:
        """Whether nobody has looked yet at what a server lists."""
        known, entry = self.memory.of(server), self._entry(server)
        here = known if known is not None and known.spec_digest == self._digest(server) else None
        if here is not None and here.unseen:
            entry = self._entry(server, believed=0.0)  # it may have been accepted a moment ago
        if entry is not None and (here is None or entry.number >= here.number):
            return entry.unseen
        return here is not None and here.unseen

    def _digest(self, server: str) -> str:
        """Digest of what a person says a server is: of the same specification it is computed once."""
        spec = self._servers().get(server)
        if spec is None:
            return ""
        digest = self._digests.get(server)
        if digest is None or digest[0] is not spec:
            digest = self._digests[server] = spec, spec_digest(spec)
        return digest[1]

    def list(self, spec: ServerSpec, *, fresh: bool = False) -> list[Tool]:
        """All tools that a server lists now, each with the row that governs it and the specialist that calls it.

        With `fresh`, its session is opened anew: one that is open may be of the server as it was before.

        Raises:
            ServerDown: it cannot be used.
        """
        listed = self._host.tools(spec.name, fresh=fresh)
        specialists = self._specialists()
        queue = infer_queue(spec, specialists, listed) if spec.inferred else spec.queue
        specialist = _named(queue, specialists)
        tools = catalogue_tools(spec, listed, specialist)
        with self._lock:
            self._known[spec.name] = {tool.name: tool for tool in tools}
            self._read_with[spec.name] = specialist
        return tools

    def _live(self, server: str, name: str, *, fresh: bool = False) -> Tool:
        open_pin = self._host.pin(server, name)
        with self._lock:
            tool, table = self._known.get(server, {}).get(name), self._read_with.get(server)
        same = table is None or table is _named(table.name, self._specialists())
        if tool is not None and tool.pin == open_pin and same and not fresh:
            return tool
        spec = self._servers().get(server)
        if spec is None:
            raise ServerDown(f"this worker knows no server `{server}`: see `aether-agent servers list`")
        found = {tool.name: tool for tool in self.list(spec, fresh=fresh)}
        if name not in found:
            raise ServerDown(f"server `{server}` has no tool `{name}` any more; it has: {', '.join(sorted(found))}")
        return found[name]

    def _as_planned(self, tool: Tool, pin: str) -> Tool:
        """The tool of that pin, where the open session has another one.

        Raises:
            ServerDown: its server does not start anew, or has no such tool any more.
            ToolDrifted: it is another tool now.
        """
        entry = self._entry(tool.server, believed=0.0)  # never quarantined on what the catalogue said a while ago
        accepted = entry.accepted.get(tool.name) if entry else None
        if self._of_versions(tool, pin, entry):
            return tool
        if accepted == tool.pin:
            raise ToolDrifted(f"`{tool.ref}` was changed, and accepted, after this was planned: run the task again")
        if accepted == pin:  # this process of the server may have run since before a person accepted what it is now
            tool = self._live(tool.server, tool.name, fresh=True)
        if tool.pin != pin:
            raise self._drifted(tool)
        return tool

    def _of_versions(self, tool: Tool, pin: str, entry: CatalogueEntry | None) -> bool:
        """Whether the two are what two versions of the product bring: one planned, the other runs it.

        Then what a person installed is what is called. Its arguments are checked against it as it is here, and a yes
        to the call as the other version knows it does not count. A worker that has just been started may get a
        message before it has listed its servers: then what it brings is not written down anywhere yet.
        """
        spec, digest = self._servers().get(tool.server), self._digest(tool.server)
        if spec is None or not spec.bundled:
            return False
        before = self._store_retry.ask(self._store.catalogue.before).get(tool.server)
        known = self.memory.of(tool.server)
        here = known.pins if known is not None and known.spec_digest == digest else {}
        listed = [entry.accepted, entry.earlier] if entry is not None else []
        planned = [*listed, before.accepted] if before is not None else listed
        first_seen = not here and (entry is None or entry.spec_digest != digest)
        installed = first_seen or tool.pin in [one.get(tool.name) for one in (here, *listed[:1])]
        return installed and pin in [one.get(tool.name) for one in planned]

    def _drifted(self, tool: Tool) -> ToolDrifted:
        reason = f"`{tool.ref}` is not what it was when it was planned"
        self._store.alerts.suspect("drifted pin", f"server {tool.server}", reason)
        with suppress(InvalidSettings):  # its entry was taken out: it is listed anew, and compared
            self._store_retry.ask(lambda: self._store.catalogue.quarantine(tool.server, reason))
        with self._lock:
            self._read_at = float("-inf")
        return ToolDrifted(f"{reason}: look at it, then `aether-agent servers lock {tool.server}`")

    def _entry(self, server: str, believed: float = BELIEVED) -> CatalogueEntry | None:
        with self._lock:
            if time.monotonic() - self._read_at < believed:
                return self._entries.get(server)
        entries = self._store_retry.ask(self._store.catalogue.entries)
        with self._lock:
            self._entries, self._read_at = entries, time.monotonic()
        return entries.get(server)


def _named(name: str, specialists: Iterable[Specialist]) -> Specialist | None:
    return next((one for one in specialists if one.name == name), None)
