"""Alerts: what was told lately, and which tasks ended since somebody last looked. Shared by all who watch."""

from aether_agents.store.access import Accessing
from aether_agents.store.connection import ResponseError

#: Everybody who watches reads as one: each task that ended is given to one of them.
_GROUP = "watch"

#: Milliseconds after which what one took and did not finish is given to another.
_TAKEN_BACK = 60_000

#: Seconds over which alerts of all kinds are counted together.
_WINDOW = 600


class Alerts(Accessing):
    """One key with an end per alert told, and a place in the stream of tasks that ended."""

    def may_tell(self, key: str, every: float, most: int) -> bool:
        """Whether an alert is to be told now: not within `every` seconds, and not beyond `most` in ten minutes."""
        own, all_ = self._access.keys.alert(key), self._access.keys.alert("all")
        if self._access.connection.command("SET", own, "1", "NX", "PX", int(every * 1000)) is None:
            return False
        _, count = self._access.connection.commands([("SET", all_, "0", "NX", "EX", _WINDOW), ("INCR", all_)])
        return int(count) <= most

    def was_not_told(self, key: str) -> None:
        """It could not be told after all: it may be tried again."""
        self._access.connection.command("DEL", self._access.keys.alert(key))

    def begin(self) -> None:
        """Watch what ends from now on, or from where somebody left off."""
        try:
            self._access.connection.command("XGROUP", "CREATE", self._access.keys.ended, _GROUP, "$", "MKSTREAM")
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def ended(self) -> list[tuple[str, str]]:
        """Tasks that ended, as (entry, task), each for whoever asks first; `seen` must follow."""
        key = self._access.keys.ended
        taken, news = self._access.connection.commands(
            [
                ("XAUTOCLAIM", key, _GROUP, _GROUP, _TAKEN_BACK, "0", "COUNT", 50),
                ("XREADGROUP", "GROUP", _GROUP, _GROUP, "COUNT", 50, "STREAMS", key, ">"),
            ]
        )
        entries = [entry for entry in taken[1] if entry and entry[1]]
        entries += news[0][1] if news else []
        return [(entry.decode(), _task(fields)) for entry, fields in entries]

    def seen(self, entry: str) -> None:
        """That one is done with."""
        self._access.connection.command("XACK", self._access.keys.ended, _GROUP, entry)


def _task(fields: object) -> str:
    flat = fields if isinstance(fields, list) else [part for pair in dict(fields).items() for part in pair]  # type: ignore[call-overload]
    return bytes(flat[flat.index(b"t") + 1]).decode()
