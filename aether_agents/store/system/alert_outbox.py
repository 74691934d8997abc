"""The outbox of alerts: what is to be told to whom, shared by all who watch, until it was told.

An alert is told once in a while, and counted against a budget of its own severity: what is beyond that is held back
and told as one later. A channel that is dead keeps what it should have told, and holds up no other. Bodies are sealed.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from aether_agents.contracts import Contract
from aether_agents.errors import CannotOpen
from aether_agents.store.client.store_client import StorePart

#: How bad it is: somebody is to be woken; somebody is to look today; it is good to know.
Severity = Literal["critical", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "notice")

#: The place that messages are sealed to.
_PLACE = "alert"

#: Entries of an outbox that are looked at together.
_TOGETHER = 200


class AlertMessage(Contract):
    """An alert as a channel tells it."""

    severity: Severity = Field(description="How bad it is.")
    title: str = Field(description="What happened, in a line.")
    text: str = Field(description="What is known of it, and what to do.")
    at: float = Field(description="When it happened: seconds since the epoch.")


class Waiting(NamedTuple):
    """A message that waits for a channel."""

    entry: str
    message: AlertMessage


class AlertOutbox(StorePart):
    """What was told lately, what lasts, what was held back, and a stream for each channel."""

    def tell(
        self,
        key: str,
        message: AlertMessage,
        channels: Sequence[str],
        *,
        every: float,
        most: int,
        window: float,
        kind: str,
        lasting: bool = False,
    ) -> Literal["told", "again", "held"]:
        """Put an alert out, unless it was told within `every` seconds, or `most` of its severity within `window`.

        One that is `lasting` stands until `resolve`.
        """
        said = self._access.call(
            "tell",
            key,
            int(every * 1000),
            message.severity,
            most,
            int(window * 1000),
            kind,
            message.title if lasting else "",
            self._access.seal(_PLACE, message),
            *channels,
        )
        return "told" if said == b"told" else "held" if said == b"held" else "again"

    def standing(self) -> dict[str, tuple[Severity, str]]:
        """What was told and lasts: severity and title by key."""
        found = self._access.connection.command("HGETALL", self._access.keys.alerts("open"))
        told: dict[str, tuple[Severity, str]] = {}
        for key, value in found.items():
            severity, _, title = value.decode().partition("|")
            told[key.decode()] = (_severity(severity), title)
        return told

    def resolve(self, key: str, message: AlertMessage, channels: Sequence[str]) -> bool:
        """Put out that something lasts no longer; whether this process was the first to say so."""
        sealed = self._access.seal(_PLACE, message)
        return bool(self._access.call("resolve", key, message.severity, sealed, *channels))

    def held(self, severity: Severity, window: float) -> dict[str, int]:
        """What was held back of a severity, by kind, once it may be told as one."""
        flat = self._access.call("held", severity, int(window * 1000))
        return {kind.decode(): int(count) for kind, count in zip(flat[::2], flat[1::2], strict=True)}

    def tell_held(self, message: AlertMessage, channels: Sequence[str]) -> bool:
        """Put out what was held back as one message; whether this process was the first to do so."""
        sealed = self._access.seal(_PLACE, message)
        return bool(self._access.call("tell_held", message.severity, sealed, *channels))

    def send_for(self, channel: str, holder: str, seconds: float) -> bool:
        """Whether this process sends what waits for a channel, for so long; one at a time does."""
        return bool(self._access.call("send_for", channel, holder, int(seconds * 1000)))

    def waiting(self, channel: str) -> list[Waiting]:
        """What waits for a channel, the oldest first; what does not open here says so."""
        key, found = self._access.keys.alerts(f"out:{channel}"), []
        for entry, fields in self._access.connection.command("XRANGE", key, "-", "+", "COUNT", _TOGETHER):
            found.append(Waiting(entry.decode(), self._opened(entry.decode(), fields)))
        return found

    def sent(self, channel: str, holder: str, entries: Sequence[str]) -> None:
        """Take out of an outbox what was told, if anything was, and let another process send."""
        self._access.call("sent", channel, holder, *entries)

    def _opened(self, entry: str, fields: Mapping[bytes, bytes]) -> AlertMessage:
        try:
            return self._access.open(AlertMessage, _PLACE, fields.get(b"b", b""))
        except CannotOpen as error:
            severity = _severity(fields.get(b"s", b"").decode(errors="replace"))
            at = int(entry.partition("-")[0]) / 1000
            return AlertMessage(severity=severity, title="an alert cannot be opened here", text=str(error), at=at)


def _severity(word: str) -> Severity:
    return next((one for one in SEVERITIES if one == word), "warning")
