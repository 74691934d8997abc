"""ToolListing: says in the catalogue which tools the servers of a worker's queues have. Done once, beside the work."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from celery.exceptions import Ignore

from aether_agents.contracts import ServerSpec, ToolRow
from aether_agents.errors import AetherError, ServerDown, StoreUnavailable
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.delivery.store_retry import StoreRetry
from aether_agents.execution.worker.known_servers import KnownServers
from aether_agents.mcp_host.registry.spec_digest import listing_digest, spec_digest
from aether_agents.store import CatalogueEntry, Store

log = logging.getLogger(__name__)

#: Seconds between two looks for servers that were trusted, edited or fixed meanwhile.
LOOK_EVERY = 5.0
#: The same for a plan: what a person changed before he asked counts. A look takes a moment; this many times as long
#: passes before the next.
PLAN_EVERY, PLAN_SHARE = 0.1, 20.0
#: Seconds after which a server that failed is tried again: it may have been installed or fixed meanwhile.
TRY_AGAIN = 30.0


#: Servers listed at once. The first task on a fresh installation waits for this, and each start is mostly one core's.
LANES = 3

#: Seconds a server that nobody waits for makes way for calls and for servers that somebody waits for.
MAKE_WAY = 20.0


class ToolListing:
    """One daemon thread. A server is listed when the catalogue has no word of it as it is now."""

    def __init__(
        self,
        store: Store,
        toolbox: PinnedTools,
        servers: KnownServers,
        queues: Sequence[str],
        busy: Callable[[], bool] = bool,
        store_retry: StoreRetry | None = None,
    ) -> None:
        """`busy` says whether this process runs something just now."""
        self._store = store
        self._store_retry = store_retry or StoreRetry()
        self._busy = busy
        self._toolbox = toolbox
        self._servers = servers
        self._queues = tuple(queues)
        self._failed_at: dict[str, float] = {}  # by server; what failed in an earlier process is tried at once
        self._missing: set[str] = set()  #: failed because they were not installed: tried as soon as they are
        self._listed: dict[str, str] = {}  #: digest by server, as this process listed it last
        self._choosing = threading.Lock()
        self._first: set[str] = set()
        self._hurried: set[str] = set()  #: of those, the ones that are being listed
        self._noticing = threading.Lock()
        self._next_for_plans = float("-inf")
        self._stopped, self._wanted_now = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="aether-listing", daemon=True)

    def start(self) -> None:
        """Begin. What is outdated is said before this returns: a process that then plans waits for what is new."""
        try:
            self._look()
        except AetherError as error:
            log.warning("it is not known yet which servers have to be listed anew: %s", error)
        self._thread.start()

    def end(self) -> None:
        """List nothing more; what is being listed goes on."""
        self._stopped.set()
        self._wanted_now.set()

    def stop(self, timeout: float = 2.0) -> None:
        """End it; a server that is just being listed is left to its own time limit."""
        self.end()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def first(self, servers: Collection[str]) -> None:
        """A task waits for these: list them before the others."""
        with self._choosing:
            self._first = {*self._first, *servers}
        self._wanted_now.set()

    def notice(self) -> None:
        """Mark what was changed since it was listed, at once: the plan that is about to be made waits for it.

        Raises:
            StoreUnavailable: the store is away.
        """
        with self._noticing:
            if (began := time.monotonic()) >= self._next_for_plans:
                self._look()
                took = time.monotonic() - began
                self._next_for_plans = began + took + max(PLAN_EVERY, took * PLAN_SHARE)

    def turn(self) -> None:
        """List every server whose entry is absent, outdated, or a failure of a while ago.

        Raises:
            StoreUnavailable: the store is away.
        """
        wanted = self._look()
        errors: list[AetherError] = []
        lanes = [
            threading.Thread(target=self._list_some, args=(wanted, errors), name="aether-listing-lane", daemon=True)
            for _ in range(min(LANES, len(wanted)))
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()  # bounded by the time a server may take to connect
        if errors:
            raise errors[0]

    def _look(self) -> list[tuple[ServerSpec, str]]:
        """The servers that have to be listed, with their digests. Entries of anything else than is here are marked."""
        entries = self._store.catalogue.entries()
        self._withdraw(entries.values())
        wanted = []
        for spec in (spec for queue in self._queues for spec in self._servers.of(queue)):
            digest, entry = listing_digest(spec, self._rows(spec)), entries.get(spec.name)
            if entry is not None:
                self._toolbox.learn(entry)
            if entry is not None and not entry.outdated and self._superseded(spec, digest, entry):
                entry = self._store.catalogue.outdate(spec.name)
            if entry is not None and entry.outdated and entry.listing_digest == digest:
                self.first([spec.name])  # a person asked for it, and waits
            if self._wanted(spec, entry):
                wanted.append((spec, digest))
        return wanted

    def _rows(self, spec: ServerSpec) -> list[ToolRow]:
        specialist = next((one for one in self._servers.specialists() if one.name == spec.queue), None)
        return [row for row in specialist.tools if row.tool.startswith(f"{spec.name}/")] if specialist else []

    def _withdraw(self, entries: Iterable[CatalogueEntry]) -> None:
        """Say of what this process could call, and nobody may start any more, that it is gone, and why."""
        known, hosts = self._servers(), None
        for entry in entries:
            if entry.status != "live" or entry.specialist not in self._queues or entry.server in known:
                continue
            reason = self._servers.barred(entry)
            if reason is None and hosts is None:
                hosts = {worker.host for worker in self._store.presence.alive()}
            if reason is None and hosts is not None and entry.host not in hosts:
                reason = "no worker that is alive knows it: see `aether-agent servers list` where it is declared"
            if reason is not None:
                log.warning("server %s: %s", entry.server, reason)
                self._store.catalogue.withdraw(entry.server, reason)

    def _superseded(self, spec: ServerSpec, digest: str, entry: CatalogueEntry) -> bool:
        """Whether an entry is of something else than what is here. Another host's word counts after our own."""
        return entry.listing_digest != digest and self._listed.get(spec.name) != digest

    def _wanted(self, spec: ServerSpec, entry: CatalogueEntry | None) -> bool:
        if entry is None or entry.outdated:
            return True
        if entry.status != "failed":
            return False
        repaired = spec.name in self._missing and self._servers.installed(spec)
        return repaired or time.monotonic() - self._failed_at.get(spec.name, -TRY_AGAIN) >= TRY_AGAIN

    def _list_some(self, wanted: list[tuple[ServerSpec, str]], errors: list[AetherError]) -> None:
        """List servers until none is left, or the store is away."""
        while wanted and not errors and not self._stopped.is_set():
            self._make_way(wanted)
            if (chosen := self._next(wanted)) is None:
                return
            try:
                self._list(*chosen)
            except AetherError as error:
                errors.append(error)
            except Ignore:  # the store stayed away, or this process ends
                return
            finally:
                self._hurried.discard(chosen[0].name)

    def _make_way(self, wanted: list[tuple[ServerSpec, str]]) -> None:
        """Unless somebody waits for one of these: let others go first. Each start is a second of a core."""
        end = time.monotonic() + MAKE_WAY
        while (self._hurried or self._busy()) and time.monotonic() < end:
            if self._first & {spec.name for spec, _ in wanted} or self._stopped.wait(0.05):
                return

    def _next(self, wanted: list[tuple[ServerSpec, str]]) -> tuple[ServerSpec, str] | None:
        """Take a server that a task waits for, else any; None when all are taken."""
        with self._choosing:
            chosen = next((one for one in wanted if one[0].name in self._first), wanted[0] if wanted else None)
            if chosen is not None:
                wanted.remove(chosen)
                if chosen[0].name in self._first:
                    self._first.remove(chosen[0].name)
                    self._hurried.add(chosen[0].name)
            return chosen

    def _list(self, spec: ServerSpec, digest: str) -> None:
        self._listed[spec.name] = digest
        self._missing.discard(spec.name)
        try:
            tools = self._toolbox.list(spec, fresh=True)
        except ServerDown as error:
            self._failed_at[spec.name] = time.monotonic()
            if not self._servers.installed(spec):
                self._missing.add(spec.name)
            log.warning("server %s cannot be listed: %s", spec.name, error)
            told = str(error)
            self._store_retry.ask(
                lambda: self._store.catalogue.failed(
                    spec.name, spec.queue, spec_digest(spec), told, listing_digest=digest, home=self._servers.home
                )
            )
            return
        queue = tools[0].specialist if tools else spec.queue  # its tools know better, where its file does not say
        entry = self._store_retry.ask(
            lambda: self._store.catalogue.publish(
                spec_digest(spec),
                spec.name,
                queue,
                tools,
                listing_digest=digest,
                home=self._servers.home,
                known=self._toolbox.memory.of(spec.name),
                by=self._servers.accepted_ahead(spec),
            )
        )
        if entry.status == "quarantined":
            self._store.alerts.suspect("drifted pin", f"server {spec.name}", entry.error or "it is quarantined")
        self._toolbox.memory.keep(entry)
        log.info("server %s is %s with %d tools", spec.name, entry.status, len(tools))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.turn()
            except StoreUnavailable as error:
                self._store_retry.outage.trouble(error)
            except AetherError as error:
                log.warning("the catalogue was not brought up to date: %s", error)
            except Exception:
                log.exception("unexpected while servers were listed")
            self._wanted_now.wait(LOOK_EVERY)
            self._wanted_now.clear()
