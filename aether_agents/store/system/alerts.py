"""Alerts: what is no accident, and which tasks ended since somebody last looked. Shared by all who watch."""

import logging
from typing import NamedTuple

from aether_agents.errors import StoreUnavailable
from aether_agents.store.client.connection import ResponseError
from aether_agents.store.client.store_client import StorePart

log = logging.getLogger(__name__)

#: What is no accident that is kept until somebody looks.
_SUSPICIONS = 1_000

#: Everybody who watches reads as one: each task that ended is given to one of them.
_GROUP = "watch"

#: Milliseconds after which what one took and did not finish is given to another.
_TAKEN_BACK = 60_000


class Suspicion(NamedTuple):
    """Something that is no accident. Labels only: it stands in clear."""

    what: str  #: `forged answer`, `drifted pin`, `refused token`, `broken document`
    about: str  #: a task and subtask, a server, an address
    text: str


class Alerts(StorePart):
    """A place in the streams of what is no accident and of tasks that ended."""

    def suspect(self, what: str, about: str, text: str) -> None:
        """Say that something is no accident: in this process's log at once, and to whoever watches.

        Never raises: what it is about is refused in any case. Who can write to the store can take it out there.
        """
        log.error("security: %s: %s: %s", what, about, text)
        self._access.audit.note("security", what=what, about=about)
        line = ("XADD", self._access.keys.security, "MAXLEN", "~", _SUSPICIONS, "*", "w", what, "a", about, "t", text)
        try:
            self._access.connection.command(*line)
        except StoreUnavailable as error:
            log.warning("the security alert is in this log only: %s", error)

    def begin(self) -> None:
        """Watch what ends from now on, or from where somebody left off; of what is no accident, all that is there."""
        for key, since in ((self._access.keys.ended, "$"), (self._access.keys.security, "0")):
            try:
                self._access.connection.command("XGROUP", "CREATE", key, _GROUP, since, "MKSTREAM")
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def suspicions(self) -> list[tuple[str, Suspicion]]:
        """What is no accident, as (entry, what), each for whoever asks first; `looked_into` must follow."""
        found = self._new(self._access.keys.security)
        return [
            (entry, Suspicion(fields.get("w", ""), fields.get("a", ""), fields.get("t", ""))) for entry, fields in found
        ]

    def looked_into(self, entry: str) -> None:
        """That one is done with."""
        self._access.connection.command("XACK", self._access.keys.security, _GROUP, entry)

    def ended(self) -> list[tuple[str, str]]:
        """Tasks that ended, as (entry, task), each for whoever asks first; `seen` must follow."""
        return [(entry, fields["t"]) for entry, fields in self._new(self._access.keys.ended)]

    def _new(self, key: str) -> list[tuple[str, dict[str, str]]]:
        taken, news = self._access.connection.commands(
            [
                ("XAUTOCLAIM", key, _GROUP, _GROUP, _TAKEN_BACK, "0", "COUNT", 50),
                ("XREADGROUP", "GROUP", _GROUP, _GROUP, "COUNT", 50, "STREAMS", key, ">"),
            ]
        )
        entries = [entry for entry in taken[1] if entry and entry[1]]
        entries += news[0][1] if news else []
        return [(entry.decode(), _texts(fields)) for entry, fields in entries]

    def seen(self, entry: str) -> None:
        """That one is done with."""
        self._access.connection.command("XACK", self._access.keys.ended, _GROUP, entry)


def _texts(fields: object) -> dict[str, str]:
    flat = fields if isinstance(fields, list) else [part for pair in dict(fields).items() for part in pair]  # type: ignore[call-overload]
    words = [bytes(part).decode(errors="replace") for part in flat]
    return dict(zip(words[::2], words[1::2], strict=False))
