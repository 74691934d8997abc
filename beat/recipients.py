"""Recipients: addresses are read where they are and opened with apprise, each recipient for itself.

An attempt to tell one has a thread of its own, so that who hangs holds up nobody for ever.
"""

import copy
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aether_agents.errors import InvalidSettings, SecretMissing
from aether_agents.settings.secret_source import value_at
from aether_agents.store.system.alert_outbox import Severity
from aether_agents.telemetry.logs import hide

log = logging.getLogger(__name__)

#: Seconds a receiver may be silent before an attempt fails. One that answers late has what it was sent: sent again, it
#: has it twice. An address may say otherwise (`rto`, `cto`).
ANSWERS_WITHIN, CONNECTS_WITHIN = 30.0, 10.0

#: Recipients of one address that are told one by one; more are told together.
MOST_RECIPIENTS = 50

#: Tells a message to somebody; whether that went well.
Notify = Callable[[str, str, Severity], bool]


class Attempt:
    """Begins when it is made."""

    def __init__(self, notify: Notify, title: str, text: str, severity: Severity, entries: Sequence[str]) -> None:
        """`entries` of the outbox are what it tells."""
        self.entries = tuple(entries)
        self.severity = severity
        self._notify = notify
        self._said = (title, text, severity)
        self._began = time.monotonic()
        self._went_well = False
        self._thread = threading.Thread(target=self._run, name="aether-alert", daemon=True)
        self._thread.start()

    @property
    def lasts(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def is_alive(self) -> bool:
        """Whether it is not over."""
        return self._thread.is_alive()

    def result(self, seconds: float) -> bool | None:
        """Whether it went well; None when it is not over after so many seconds."""
        self._thread.join(seconds)
        return None if self._thread.is_alive() else self._went_well

    def _run(self) -> None:
        try:
            self._went_well = self._notify(*self._said)
        except Exception as error:  # noqa: BLE001 - of any library that apprise uses
            log.warning("a channel of alerts failed: %s", type(error).__name__)  # its text may hold the address


def recipients_of(place: str, environ: Mapping[str, str] = os.environ) -> Iterator[tuple[str, Notify]]:
    """Every recipient of the address at a place, by name: of several, one that is refused holds up no other.

    Raises:
        InvalidSettings: the address cannot be read, or is none that apprise knows; it is not shown.
    """
    yield from opened(_address(place, environ), place)


def opened(address: str, place: str) -> Iterator[tuple[str, Notify]]:
    """The recipients of an address. The first is called as its place is.

    Raises:
        InvalidSettings: apprise knows no such address.
    """
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType  # noqa: PLC0415 - an extra of its own: beat without alerts does without

    # Who is sent elsewhere is told nothing there: a page to log in answers 200 too, and has read no alert.
    way = Apprise(asset=AppriseAsset(http_redirects=False))
    if not way.add(address):
        raise InvalidSettings(f"`alerts`: what `{place}` holds is no address that apprise knows")
    kinds = {"critical": NotifyType.FAILURE, "warning": NotifyType.WARNING, "notice": NotifyType.INFO}
    plain = NotifyFormat.TEXT  # it holds words of tools and files: where HTML is sent, they are no HTML

    def notify_with(one: Apprise) -> Notify:
        # Apprise sends nothing that has no text.
        return lambda title, text, severity: bool(one.notify(text or title, title, kinds[severity], body_format=plain))

    services = [alone for service in way for alone in _each(service)]
    for number, service in enumerate(services, 1):
        if "rto=" not in address:
            service.socket_read_timeout = ANSWERS_WITHIN
        if "cto=" not in address:
            service.socket_connect_timeout = CONNECTS_WITHIN
        one = Apprise(asset=way.asset)
        one.add(service)
        yield (place if number == 1 else f"{place} ({number} of {len(services)})"), notify_with(one)


def _each(service: Any) -> Iterator[Any]:
    targets = getattr(service, "targets", None)
    if not isinstance(targets, list) or not 1 < len(targets) <= MOST_RECIPIENTS:
        yield service
        return
    for target in targets:
        alone = copy.copy(service)
        alone.targets = [target]
        yield alone


def _address(place: str, environ: Mapping[str, str]) -> str:
    try:
        address = value_at(place, "`alerts`: beat", environ).strip()
    except SecretMissing as error:
        raise InvalidSettings(str(error)) from None
    hide(address)
    return address
