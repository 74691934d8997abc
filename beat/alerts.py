"""Alerts: what somebody should know, once in a while about the same thing, each severity within a budget of its own."""

import hashlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aether_agents.errors import StoreRefuses
from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Store
from aether_agents.store.system.alert_outbox import SEVERITIES, AlertMessage, Severity
from beat.channels import Channels

log = logging.getLogger(__name__)

#: Alerts of a severity within the window; beyond, they are held back and told as one when it is over.
MOST: Mapping[Severity, int] = {"critical": 60, "warning": 20, "notice": 10}
#: Seconds over which they are counted.
WINDOW = 600.0


class Alert(NamedTuple):
    """Something somebody should know."""

    key: str  #: what it is about: the same key is told again only after a while
    title: str
    text: str
    severity: Severity = "warning"
    kind: str = ""  #: what it is called where several are told as one; its title without it
    task_id: str = ""  #: the task it is about: its link shows that
    lasting: bool = False  #: it stands until it is over, which is told too
    every: float | None = None  #: seconds until it is told again; as the settings say without it


class AlertSender:
    """Puts alerts out to channels. Several processes share one memory of what was told, in the store."""

    def __init__(self, settings: AlertSettings, store: Store, channels: Channels, link: str = "") -> None:
        """`link` is where people open the product: each alert ends with it."""
        self._settings = settings
        self._store = store
        self._channels = channels
        self._link = link.rstrip("/")
        self._told_here: dict[str, float] = {}  # while the store takes nothing, each process remembers for itself

    def raise_(self, alert: Alert) -> bool:
        """Put an alert out, unless it was lately; whether it was now. One that is held back is told with others.

        Raises:
            StoreUnavailable: the store is away, and nobody knows whether it was.
        """
        every, message = alert.every or self._settings.every, self._message(alert)
        try:
            said = self._store.outbox.tell(
                _key(alert.key),
                message,
                self._of(alert.severity),
                every=every,
                most=MOST[alert.severity],
                window=WINDOW,
                kind=alert.kind or alert.title,
                lasting=alert.lasting,
            )
        except StoreRefuses:
            if not self._may_tell_here(alert.key, every):
                return False
            self._channels.tell_at_once(message, self._of(alert.severity))
            said = "told"
        if said == "again":
            log.debug("not told again so soon: %s", alert.title)
            return False
        log.warning("alert%s: %s: %s", " (held back)" if said == "held" else "", alert.title, alert.text)
        return said == "told"

    def settle(self, standing: Iterable[str]) -> None:
        """Put out what lasts no longer, and what was held back; `standing` are the keys of what still lasts.

        Raises:
            StoreUnavailable: the store is away.
        """
        lasts = {_key(key) for key in standing}
        for key, (severity, title) in self._store.outbox.standing().items():
            if key in lasts:
                continue
            message = self._message(Alert("", f"resolved: {title}", "It is over.", severity))
            if self._store.outbox.resolve(key, message, self._of(severity)):
                log.warning("resolved: %s", title)
        for severity in SEVERITIES:
            if found := self._store.outbox.held(severity, WINDOW):
                total = sum(found.values())
                lines = [f"{count} × {kind}" for kind, count in sorted(found.items(), key=lambda one: -one[1])]
                title = f"{total} more of this severity were held back"
                self._store.outbox.tell_held(
                    self._message(Alert("", title, "\n".join(lines), severity)), self._of(severity)
                )

    def _of(self, severity: Severity) -> Sequence[str]:
        return self._channels.of(self._settings.routes.get(severity, self._settings.to))

    def _message(self, alert: Alert) -> AlertMessage:
        link = self._link and f"\n{self._link}/" + (f"#task={alert.task_id}" if alert.task_id else "")
        return AlertMessage(severity=alert.severity, title=alert.title, text=f"{alert.text}{link}", at=time.time())

    def _may_tell_here(self, key: str, every: float) -> bool:
        now = time.monotonic()
        self._told_here = {one: until for one, until in self._told_here.items() if until > now}
        if key in self._told_here or len(self._told_here) >= MOST["critical"]:
            return False
        self._told_here[key] = now + every
        return True


def _key(about: str) -> str:
    return hashlib.sha256(about.encode()).hexdigest()[:24]
