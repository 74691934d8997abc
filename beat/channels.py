"""Channels: each tells what waits for it at its own pace. One that is dead keeps its messages and holds up no other."""

import hashlib
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from aether_agents.errors import AetherError
from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Store
from aether_agents.store.system.alert_outbox import SEVERITIES, AlertMessage
from beat.recipients import Attempt, Notify, recipients_of

log = logging.getLogger(__name__)

#: Seconds between two looks at what waits.
LOOK = 1.0
#: Seconds until a channel that failed is tried again: doubled each time, up to the second.
PAUSE, LONGEST_PAUSE = 5.0, 300.0
#: Seconds for which one process sends what waits for a channel: more than the longest attempt.
TURN = 120.0
#: Messages of one severity that are told one by one; more are told as one.
ONE_BY_ONE = 5
#: Seconds after which a message says when it happened.
LATE = 120.0

#: Seconds an attempt is waited for before others have their turn, and after which it is given up.
WAITS, GIVEN_UP_AFTER = 5.0, 300.0
#: Attempts that were given up and do not end: with so many, none is begun.
MOST_HANGING = 4


def channel_of(place: str) -> str:
    """The name of a channel: it says where its address is, and nothing of that."""
    return hashlib.sha256(place.encode()).hexdigest()[:12]


class Channel:
    """One daemon thread that tells what waits for one address."""

    def __init__(self, place: str, store: Store, notify: Notify, installation: str = "") -> None:
        """`place` is where the address is, as the settings say it."""
        self.place = place
        self.name = channel_of(place)
        self._store = store
        self._notify = notify
        self._prefix = f"[aether {installation}]" if installation else "[aether]"
        self._holder = uuid.uuid4().hex
        self._at_once: deque[AlertMessage] = deque(maxlen=ONE_BY_ONE)
        self._attempt: Attempt | None = None
        self._hanging: list[Attempt] = []
        self._pause, self._again_at = 0.0, 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"aether-alerts-{self.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it, in a second at most; what waits goes on waiting."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(1)

    def put(self, message: AlertMessage) -> None:
        """Have a message told that the store does not take."""
        self._at_once.append(message)

    def turn(self) -> bool:
        """Tell what is worst and oldest of what waits; whether there may be more.

        Raises:
            StoreUnavailable: the store is away.
        """
        if self._attempt is not None:
            return self._await(self._attempt)
        if time.monotonic() < self._again_at or self._hangs():
            return False
        if self._at_once:
            return self._begin([self._at_once[0]], [])
        outbox = self._store.outbox
        if not outbox.waiting(self.name) or not outbox.send_for(self.name, self._holder, TURN):
            return False
        waiting = outbox.waiting(self.name)  # another process may have told it meanwhile
        worst = min((SEVERITIES.index(one.message.severity) for one in waiting), default=0)
        group = [one for one in waiting if one.message.severity == SEVERITIES[worst]]
        together = group if len(group) > ONE_BY_ONE else group[:1]
        if not together:
            outbox.sent(self.name, self._holder, [])
            return False
        return self._begin([one.message for one in together], [one.entry for one in together])

    def _run(self) -> None:
        while not self._stopped.wait(LOOK):
            try:
                while self.turn() and not self._stopped.is_set():
                    pass
            except AetherError as error:
                log.debug("what waits for `%s` cannot be seen: %s", self.place, error)
            except Exception:
                log.exception("unexpected in the channel of `%s`", self.place)

    def _begin(self, messages: Sequence[AlertMessage], entries: Sequence[str]) -> bool:
        title, text = _as_one(messages) if len(messages) > 1 else _alone(messages[0])
        severity = messages[0].severity
        self._attempt = Attempt(self._notify, f"{self._prefix} {severity}: {title}", text, severity, entries)
        return self._await(self._attempt)

    def _await(self, attempt: Attempt) -> bool:
        """Look for the end of the attempt; one that lasts keeps the turn, so that nobody else tells the same."""
        told = attempt.result(WAITS)
        if told is None and attempt.lasts < GIVEN_UP_AFTER:
            if attempt.entries:
                self._store.outbox.send_for(self.name, self._holder, TURN)
            return False
        if told is None:
            log.error("`%s` neither takes an alert nor refuses it: given up after %.0f s", self.place, GIVEN_UP_AFTER)
            self._hanging.append(attempt)
        self._attempt = None
        self._note(told is True)
        if attempt.entries:
            self._store.outbox.sent(self.name, self._holder, attempt.entries if told else [])
            result, where = "told" if told else "failed", self.place.replace("|", "_")
            self._store.counts.add({f"alert|{attempt.severity}|{result}": 1, f"channel|{where}|{result}": 1})
        elif told:
            self._at_once.popleft()
        return told is True

    def _note(self, told: bool) -> None:
        if told:
            if self._pause:
                log.warning("`%s` tells again", self.place)
            self._pause = 0.0
            return
        if not self._pause:
            log.error("nobody could be told through `%s`: it is tried again, and keeps what waits", self.place)
        self._pause = min(LONGEST_PAUSE, max(PAUSE, 2 * self._pause))
        self._again_at = time.monotonic() + self._pause

    def _hangs(self) -> bool:
        self._hanging = [one for one in self._hanging if one.is_alive]
        return len(self._hanging) >= MOST_HANGING


class Channels:
    """All the channels of the settings."""

    def __init__(self, channels: Iterable[Channel], places: Mapping[str, Sequence[str]] | None = None) -> None:
        """`places`: the channels of each place, where an address has several recipients."""
        self._by_place = {one.place: one for one in channels}
        self._places = {one: (one,) for one in self._by_place} if places is None else places

    def start(self) -> None:
        """Begin to tell."""
        for one in self._by_place.values():
            one.start()

    def stop(self) -> None:
        """End all."""
        for one in self._by_place.values():
            one.stop()

    def of(self, places: Iterable[str]) -> list[str]:
        """The names of the channels of these places."""
        return [self._by_place[one].name for place in places for one in self._places.get(place, ())]

    def tell_at_once(self, message: AlertMessage, names: Sequence[str]) -> None:
        """Have these channels tell what the store does not take."""
        for one in self._by_place.values():
            if one.name in names:
                one.put(message)


def channels_of(settings: AlertSettings, store: Store, environ: Mapping[str, str] = os.environ) -> Channels:
    """The channels of the settings. Addresses hold passwords, so the settings say only where each is.

    Raises:
        InvalidSettings: an address cannot be read, or is none that apprise knows; it is not shown.
    """
    places = dict.fromkeys([*settings.to, *(place for route in settings.routes.values() for place in route)])
    found = {place: [*recipients_of(place, environ)] for place in places}
    return Channels(
        (Channel(one, store, tell, settings.installation) for by in found.values() for one, tell in by),
        {place: [one for one, _ in by] for place, by in found.items()},
    )


def _alone(message: AlertMessage) -> tuple[str, str]:
    late = time.time() - message.at > LATE
    return message.title, message.text + (f"\n(it happened at {_clock(message.at)})" if late else "")


def _as_one(messages: Sequence[AlertMessage]) -> tuple[str, str]:
    lines = [f"{_clock(one.at)} {one.title}" for one in messages]
    return f"{len(messages)} alerts", "\n".join(lines)


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
