"""The catalogue: the live tools of every server, as the workers listed them, with the pins that were accepted."""

import logging
import socket
from collections.abc import Callable, Iterable, Mapping

from aether_agents.contracts import Tool
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.errors import AetherError, CannotOpen, InvalidSettings, Tampered, ToolDrifted
from aether_agents.store.audit.audit_log import server_changed
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Accepted
from aether_agents.store.client.sealing import key_of
from aether_agents.store.client.store_client import StoreClient, StorePart
from aether_agents.store.system.alerts import Alerts

log = logging.getLogger(__name__)

_TRIES = 50


class Catalogue(StorePart):
    """One sealed entry per server, written by whoever listed it last."""

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._read: dict[str, tuple[bytes, CatalogueEntry | None]] = {}  # opening is the cost, and they rarely change

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
            agreed = _agreed(before, known, spec_digest)
            first = max((one.number for one in (before, known) if one is not None), default=0) + 1
            new = Accepted(spec_digest=spec_digest, number=first, pins=pins, unseen=by is None, by=by or "")
            holds = agreed or new
            drifted = sorted(name for name, pin in pins.items() if holds.pins.get(name) != pin)
            held = before if before is not None and same and before.status == "quarantined" else None
            error = _drift(server, drifted) if drifted else held.error if held else None
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
                former=_former(before, holds.pins, listed),
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
                former=_former(before, accepted, tools),
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
        opened = {name: self._open(name, blob) for name, blob in self._blobs()}
        return {name: entry for name, entry in opened.items() if entry is not None}

    def foreign(self) -> dict[str, str]:
        """The servers whose entries do not open here, each with the id of the key that its entry is sealed with."""
        return {name: key_of(blob) or "unknown" for name, blob in self._blobs() if self._open(name, blob) is None}

    def remove_foreign(self) -> list[str]:
        """Remove the entries that do not open here; a worker lists those servers anew. Gives their names."""
        found = [(name, blob) for name, blob in self._blobs() if self._open(name, blob) is None]
        return [name for name, blob in found if self._access.call("put_server", name, blob, b"")]

    def forget(self, server: str) -> None:
        """Remove a server; it is listed afresh when a worker next sees it."""
        self._access.connection.command("HDEL", self._access.keys.catalogue, server)

    def _change(self, server: str, change: Callable[[CatalogueEntry | None], CatalogueEntry]) -> CatalogueEntry:
        """Read, change and write an entry, again when somebody else wrote in between."""
        for _ in range(_TRIES):
            before = self._access.connection.command("HGET", self._access.keys.catalogue, server) or b""
            opened = self._open(server, before) if before else None
            entry = change(opened)
            blob, tells = self._access.seal(Places.server(server), entry), server_changed(opened, entry)
            if self._access.call("put_server", server, before, blob, tells=tells):
                return entry
        raise AetherError(f"the catalogue's entry of `{server}` is written by too many processes at once: try again")

    def _blobs(self) -> list[tuple[str, bytes]]:
        found = self._access.connection.command("HGETALL", self._access.keys.catalogue)
        return sorted((name.decode(), blob) for name, blob in found.items())

    def _open(self, server: str, blob: bytes) -> CatalogueEntry | None:
        """An entry; None where it does not open here: as if nobody had listed the server.

        Raises:
            CannotOpen: a later version wrote it.
        """
        known = self._read.get(server)
        if known is None or known[0] != blob:
            place = Places.server(server)
            try:
                value = self._access.sealer.open(place, blob)
            except CannotOpen as error:
                log.warning("the catalogue's entry of `%s` is passed by: %s", server, error)
                if isinstance(error, Tampered):
                    Alerts(self._access).suspect("broken document", f"server {server}", str(error))
                known = blob, None
            else:
                known = blob, self._access.read(CatalogueEntry, place, value)
            self._read[server] = known
        return known[1]

    def _now(self) -> float:
        seconds, micros = self._access.connection.command("TIME")
        return float(int(seconds) + int(micros) / 1e6)


def _agreed(before: CatalogueEntry | None, known: Accepted | None, spec_digest: str) -> Accepted | None:
    """What was accepted for a specification; none at its first sight. The later of two acceptances counts."""
    listed_before = before is not None and (before.status != "failed" or bool(before.accepted))
    if before is not None and listed_before and before.spec_digest == spec_digest:
        said = {"pins": before.accepted, "unseen": before.unseen, "by": before.accepted_by}
        own = Accepted.model_validate({"spec_digest": spec_digest, "number": before.number, **said})
        if known is None or known.spec_digest != spec_digest or known.number <= own.number:
            return own
    return known if known is not None and known.spec_digest == spec_digest else None


def _known(server: str, entry: CatalogueEntry | None) -> CatalogueEntry:
    if entry is None:
        raise InvalidSettings(f"the server `{server}` has not been listed; `aether-agent servers list` shows all")
    return entry


def _former(before: CatalogueEntry | None, accepted: Mapping[str, str], listed: Iterable[Tool]) -> tuple[Tool, ...]:
    """The accepted definitions that are not among what is listed now, as far as they are known."""
    now = {(tool.name, tool.pin) for tool in listed}
    known = {(tool.name, tool.pin): tool for tool in (*before.former, *before.tools)} if before else {}
    return tuple(known[one] for one in sorted(accepted.items()) if one in known and one not in now)


def _drift(server: str, tools: list[str]) -> str:
    return (
        f"its tools have changed since they were accepted ({', '.join(tools[:10])}): see what has changed, and accept "
        f"it, with `aether-agent servers lock {server}`"
    )
