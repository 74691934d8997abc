"""The alarm: somebody is told, once in a while about the same thing, through whichever way the settings name."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from aether_agents.errors import InvalidSettings, StoreRefuses
from aether_agents.process.regular_file import LARGEST_SECRET, read_text
from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Store
from aether_agents.telemetry.logs import hide

log = logging.getLogger(__name__)

#: Alerts of all kinds within ten minutes; beyond, they are only logged.
MOST_AT_ONCE = 20

#: Hands a title and a text to somebody; whether that went well.
Notify = Callable[[str, str], bool]


class Alert(NamedTuple):
    """Something somebody should know."""

    key: str  #: what it is about: the same key is told again only after a while
    title: str
    text: str
    every: float | None = None  #: seconds until it is told again; as the settings say without it


class AlertSender:
    """Tells alerts. Several processes share one memory of what was told, in the store."""

    def __init__(self, settings: AlertSettings, store: Store, notify: Notify) -> None:
        self._settings = settings
        self._store = store
        self._notify = notify
        self._told_here: dict[str, float] = {}  # while the store takes nothing, each process remembers for itself

    def raise_(self, alert: Alert) -> bool:
        """Tell somebody, unless it was told lately; whether it was told now.

        Raises:
            StoreUnavailable: the store is away, and nobody knows whether it was.
        """
        key = hashlib.sha256(alert.key.encode()).hexdigest()[:24]
        try:
            may = self._store.alerts.may_tell(key, alert.every or self._settings.every, MOST_AT_ONCE)
        except StoreRefuses:
            may = self._may_tell_here(key, alert.every or self._settings.every)
        if not may:
            log.debug("not told again so soon: %s", alert.title)
            return False
        log.warning("alert: %s: %s", alert.title, alert.text)
        if self._notify(alert.title, alert.text):
            return True
        log.error("nobody could be told: %s", alert.title)
        self._told_here.pop(key, None)
        with suppress(StoreRefuses):
            self._store.alerts.was_not_told(key)
        return False

    def _may_tell_here(self, key: str, every: float) -> bool:
        now = time.monotonic()
        self._told_here = {one: until for one, until in self._told_here.items() if until > now}
        if key in self._told_here or len(self._told_here) >= MOST_AT_ONCE:
            return False
        self._told_here[key] = now + every
        return True


def apprise_to(settings: AlertSettings, environ: Mapping[str, str] = os.environ) -> Notify:
    """Tells through apprise. Its addresses hold passwords, so the settings say only where each is.

    Raises:
        InvalidSettings: an address cannot be read, or is none that apprise knows; it is not shown.
    """
    from apprise import Apprise  # noqa: PLC0415 - an extra of its own: beat without alerts does without

    ways = Apprise()
    for place in settings.to:
        kind, _, where = place.partition(":")
        try:
            address = environ[where] if kind == "env" else read_text(Path(where).expanduser(), LARGEST_SECRET).strip()
        except (KeyError, OSError, UnicodeDecodeError):
            raise InvalidSettings(f"`alerts.to`: `{place}` cannot be read by beat") from None
        hide(address)
        if not ways.add(address):
            raise InvalidSettings(f"`alerts.to`: what `{place}` holds is no address that apprise knows")
    return lambda title, text: bool(ways.notify(title=f"[aether] {title}", body=text))
