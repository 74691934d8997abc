"""The marker of the sealing key: by it a process knows, before it seals anything, that it has the key others have.

Whoever makes the key writes it (`up` for the embedded stack, `aether-agent config mark-key` in production), never the
first process that comes: that one may be the one with the wrong key. A store without one is used as it is.
"""

from typing import Literal

from aether_agents.errors import CannotOpen
from aether_agents.store.client.places import Places
from aether_agents.store.client.sealing import key_of
from aether_agents.store.client.store_client import StorePart

#: What the marker is to the keys of this process: it opens with the one that seals, with an older one, with none.
State = Literal["none", "newest", "older", "other"]


class KeyMarker(StorePart):
    """One sealed document, the same for all who have the key."""

    def state(self) -> State:
        """What the marker is to the keys of this process."""
        blob = self._blob()
        if not blob:
            return "none"
        try:
            self._access.sealer.open(Places.key(), blob)
        except CannotOpen:
            return "other"
        return "newest" if key_of(blob) == self._access.sealer.newest else "older"

    def trial(self, latest: int) -> tuple[int, int]:
        """Open the catalogue and the heads of the latest tasks: how many documents opened, of how many tried."""
        keys = self._access.keys
        entries = self._access.connection.command("HGETALL", keys.catalogue).items()
        found = [(Places.server(name.decode()), blob) for name, blob in entries]
        for name in self._access.connection.command("ZREVRANGE", keys.recent, 0, latest - 1):
            task_id = name.decode()
            head = self._access.connection.command("HGET", keys.task(task_id), "head")
            if head:
                found.append((Places.head(task_id), head))
        return sum(self._opens(place, blob) for place, blob in found), len(found)

    def _opens(self, place: str, blob: bytes) -> bool:
        try:
            self._access.sealer.open(place, blob)
        except CannotOpen:
            return False
        return True

    def name(self) -> str:
        """The id of the key it is sealed with; empty without a marker."""
        return key_of(self._blob())

    def require(self) -> None:
        """Make sure that the keys of this process are those this store belongs to.

        Raises:
            CannotOpen: they are not; the error says which key is.
        """
        if self.state() != "other":
            return
        raise CannotOpen(
            f"this process has another sealing key (`{self._access.sealer.newest}`) than the one this store belongs to "
            f"(`{self.name()}`), so it does not start: what it seals nobody else could open\n"
            "give it the right key (AETHER_SEALING_KEY, or `encryption: {key_file: …}`); if that is lost, and with it "
            "all that is stored, `aether-agent config mark-key --replace` makes the store that of the key here"
        )

    def make(self, *, replace: bool = False) -> bool:
        """Write the marker with the key that seals here; False if it is there already, sealed with that key.

        Raises:
            CannotOpen: there is one that does not open here, and it was not said to `replace` it.
        """
        state = self.state()
        if state == "newest":
            return False
        if state == "other" and not replace:
            self.require()
        blob = self._access.sealer.seal(Places.key(), {"marker": 1})
        only_new = ("NX",) if state == "none" else ()
        return bool(self._access.connection.command("SET", self._access.keys.key, blob, *only_new))

    def _blob(self) -> bytes:
        return self._access.connection.command("GET", self._access.keys.key) or b""
