"""The catalogue: the live tools of every server, as the workers listed them, with the pins that were accepted."""

import logging
import socket
from collections.abc import Callable, Iterable

from aether_agents.contracts import Tool
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.errors import AetherError, CannotOpen, InvalidSettings, Newer, Tampered, ToolDrifted
from aether_agents.store.audit.audit_log import server_changed
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Accepted
from aether_agents.store.client.sealing import key_of
from aether_agents.store.client.store_client import StoreClient, StorePart
from aether_agents.store.system.accepted_pins import agreed, drift, earlier, former
from aether_agents.store.system.alerts import Alerts

log = logging.getLogger(__name__)

_TRIES = 50


class Catalogue(StorePart):
    """One sealed entry per server, written by whoever listed it last."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._read: dict[str, tuple[bytes, CatalogueEntry | None]] = {}  # opening is the cost, and they rarely change
        self._newer: dict[str, str] = {}

    def publish(
        self,
        spec_digest: str,
        server: str,
        specialist: str,
        tools: Iterable[Tool],
        *,
        listing_digest: str = "",
        home: str = "",
        known: Accepted | None = None,
        by: str | None = "",
    ) -> CatalogueEntry:
        """Say which tools a server lists.

        The pins of a server that is new, or whose specification was changed, are accepted as they are, by whoever said
        so when he trusted it (`by`; empty: nobody has to); without, they wait for a person to look (`unseen`). A tool
        that is new or differs on one with accepted pins quarantines it until `accept`. `home` is that of the worker
        that asks, and `known` what was accepted there before: it holds where the catalogue has nothing or older.
        """
        listed = tuple(tools)
        pins = {tool.name: tool.pin for tool in listed}

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            same = before is not None and before.spec_digest == spec_digest
            held_before = agreed(before, known, spec_digest)
            first = max((one.number for one in (before, known) if one is not None), default=0) + 1
            new = Accepted(spec_digest=spec_digest, number=first, pins=pins, unseen=by is None, by=by or "")
            holds = held_before or new
            drifted = sorted(name for name, pin in pins.items() if holds.pins.get(name) != pin)
            held = before if before is not None and same and before.status == "quarantined" else None
            error = drift(server, drifted) if drifted else held.error if held else None
            return CatalogueEntry(
                server=server,
                specialist=specialist,
                spec_digest=spec_digest,
                listing_digest=listing_digest,
                status="quarantined" if drifted or held else "live",
                error=error,
                tools=listed,
                accepted=holds.pins,
                number=holds.number,
                unseen=holds.unseen,
                accepted_by=holds.by,
                former=former(before, holds.pins, listed),
                earlier=earlier(before, spec_digest),
                host=socket.gethostname(),
                home=home,
                listed_at=self._now(),
            )

        return self._change(server, entry)

    def failed(
        self, server: str, specialist: str, spec_digest: str, error: str, *, listing_digest: str = "", home: str = ""
    ) -> CatalogueEntry:
        """Say that a server cannot be listed. What was listed and accepted before is kept."""

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            tools = before.tools if before else ()
            accepted = before.accepted if before and before.spec_digest == spec_digest else {}
            return CatalogueEntry(
                server=server,
                specialist=specialist,
                spec_digest=spec_digest,
                listing_digest=listing_digest,
                status="failed",
                error=error[:2_000],
                tools=tools,
                accepted=accepted,
                number=before.number if before else 0,
                unseen=before.unseen if before and accepted else False,
                accepted_by=before.accepted_by if before and accepted else "",
                former=former(before, accepted, tools),
                host=socket.gethostname(),
                home=home,
                listed_at=self._now(),
            )

        return self._change(server, entry)

    def outdate(self, server: str) -> CatalogueEntry:
        """Say that what is known of a server is of before: it is being listed anew, and plans wait for that.

        Raises:
            InvalidSettings: there is no such server.
        """

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            return _known(server, before).model_copy(update={"outdated": True})

        return self._change(server, entry)

    def withdraw(self, server: str, reason: str) -> CatalogueEntry:
        """Say that a server may not be started any more where it was listed. Its accepted tools are kept for later.

        Raises:
            InvalidSettings: there is no such server.
        """

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            gone = {"status": "failed", "error": reason[:2_000], "outdated": True}
            return _known(server, before).model_copy(update=gone)

        return self._change(server, entry)

    def quarantine(self, server: str, reason: str) -> CatalogueEntry:
        """Stop using a server, if there is one of that name, until a person accepts it. Raises: as `withdraw`."""

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            return _known(server, before).model_copy(update={"status": "quarantined", "error": reason[:2_000]})

        return self._change(server, entry)

    def accept(self, server: str, digest: str, by: str = "") -> CatalogueEntry:
        """Accept the tools of a server as a person (`by`) was shown them: `digest` is that of the entry he was shown.

        Raises:
            InvalidSettings: there is no such server.
            ToolDrifted: it has been listed otherwise since then.
        """

        def entry(before: CatalogueEntry | None) -> CatalogueEntry:
            known = _known(server, before)
            if known.digest != digest:
                raise ToolDrifted(
                    f"the tools of `{server}` are not those that were shown any more: look at them again with "
                    f"`aether-agent servers lock {server}`"
                )
            pins = {one.name: one.pin for one in known.tools}
            good = {"status": "live", "error": None, "former": (), "unseen": False, "accepted_by": by}
            return known.model_copy(update={**good, "accepted": pins, "number": known.number + 1})

        return self._change(server, entry)

    def entries(self) -> dict[str, CatalogueEntry]:
        """Every server that has been listed, by name. An entry that does not open here is passed by, and said once."""
        return dict(sorted({**self.before(), **self.own()}.items()))

    def own(self) -> dict[str, CatalogueEntry]:
        """The same without what only workers of version 0.1 have listed."""
        opened = {name: self._open(name, blob) for name, blob in self._blobs()}
        return {name: entry for name, entry in opened.items() if entry is not None}

    def before(self) -> dict[str, CatalogueEntry]:
        """What the workers of version 0.1 list, which may run beside ours, or did until a while ago."""
        found = self._access.connection.command("HGETALL", self._access.keys.catalogue_before)
        opened = {name.decode(): self._open(name.decode(), blob, "before ") for name, blob in found.items()}
        return {name: entry for name, entry in opened.items() if entry is not None}

    def newer(self) -> dict[str, str]:
        """The servers whose entries a later version wrote, each with what that means. They are left alone here."""
        for name, blob in self._blobs():
            self._open(name, blob)
        return {name: self._newer[name] for name, _ in self._blobs() if name in self._newer}

    def foreign(self) -> dict[str, str]:
        """The servers whose entries do not open here, each with the id of the key that its entry is sealed with."""
        return {name: key_of(blob) or "unknown" for name, blob in self._unopened()}

    def remove_foreign(self) -> list[str]:
        """Remove the entries that do not open here; a worker lists those servers anew. Gives their names."""
        found = self._unopened()
        return [name for name, blob in found if self._access.call("put_server", name, blob, b"")]

    def forget(self, server: str) -> None:
        """Remove a server; it is listed afresh when a worker next sees it."""
        keys = self._access.keys
        self._access.connection.commands([("HDEL", key, server) for key in (keys.catalogue, keys.catalogue_before)])

    def _change(self, server: str, change: Callable[[CatalogueEntry | None], CatalogueEntry]) -> CatalogueEntry:
        """Read, change and write an entry, again when somebody else wrote in between."""
        for _ in range(_TRIES):
            before = self._access.connection.command("HGET", self._access.keys.catalogue, server) or b""
            opened = self._open(server, before) if before else self.before().get(server)
            entry = change(opened)
            if before and server in self._newer:
                return entry  # a later version's stays what it is: its workers and this one's have the same server
            blob, tells = self._access.seal(Places.server(server), entry), server_changed(opened, entry)
            if self._access.call("put_server", server, before, blob, tells=tells):
                return entry
        raise AetherError(f"the catalogue's entry of `{server}` is written by too many processes at once: try again")

    def _blobs(self) -> list[tuple[str, bytes]]:
        found = self._access.connection.command("HGETALL", self._access.keys.catalogue)
        return sorted((name.decode(), blob) for name, blob in found.items())

    def _unopened(self) -> list[tuple[str, bytes]]:
        """The entries of other keys."""
        return [(name, blob) for name, blob in self._blobs() if not self._open(name, blob) and name not in self._newer]

    def _open(self, server: str, blob: bytes, which: str = "") -> CatalogueEntry | None:
        """An entry; None where it does not open here, or a later version wrote it: as if nobody had listed it."""
        known = self._read.get(which + server)
        if known is None or known[0] != blob:
            self._newer.pop(which + server, None)
            try:
                known = blob, self._access.open(CatalogueEntry, Places.server(server), blob)
            except CannotOpen as error:
                log.warning("the catalogue's entry of `%s` is passed by: %s", server, error)
                if isinstance(error, Tampered):
                    Alerts(self._access).suspect("broken document", f"server {server}", str(error))
                if isinstance(error, Newer):
                    self._newer[which + server] = str(error)
                known = blob, None
            self._read[which + server] = known
        return known[1]

    def _now(self) -> float:
        seconds, micros = self._access.connection.command("TIME")
        return float(int(seconds) + int(micros) / 1e6)


def _known(server: str, entry: CatalogueEntry | None) -> CatalogueEntry:
    if entry is None:
        raise InvalidSettings(f"the server `{server}` has not been listed; `aether-agent servers list` shows all")
    return entry
