"""DueTimes: the moments at which a schedule is due, UTC. They follow from its settings alone, not from when it ran.

In a time zone a crontab names what clocks show there. A slot that is left out because the clock is set forward comes at
the same moment as if it were not; one whose time is there twice comes at the first. A crontab whose hour is `*` or
`*/n` follows the hours that pass instead: none is left out, none is the same twice.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from celery.schedules import crontab, schedule

from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import ScheduleSettings

#: How far back the latest slot of a crontab is looked for, step by step: most are found in the first.
_LOOKS_BACK = tuple(timedelta(hours=hours) for hours in (2, 50, 24 * 32, 24 * 367, 24 * 366 * 5))
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")

#: Around a change of the clock, which is by two hours at most, slots are looked for one by one.
_CHANGE = timedelta(hours=3)

#: Missed slots that are told one by one; of more, the count.
MOST_TOLD = 100


class DueTimes:
    """The moments of one schedule."""

    def __init__(self, name: str, settings: ScheduleSettings) -> None:
        """Raises InvalidSettings: its crontab is none."""
        self._every = timedelta(seconds=settings.every) if settings.every else None
        self._crontab = None
        self._zone = ZoneInfo(settings.timezone) if settings.timezone not in (None, "UTC") else None
        self._hourly = settings.crontab is not None and settings.crontab.split()[1].startswith("*")
        if settings.crontab is not None:
            try:
                self._crontab = crontab(**dict(zip(_FIELDS, settings.crontab.split(), strict=True)))
            except (ValueError, TypeError) as error:
                raise InvalidSettings(f"`schedules.{name}.crontab`: `{settings.crontab}`: {error}") from None

    @property
    def for_celery(self) -> schedule:
        """The same as Celery and redbeat have it."""
        if self._crontab is None:
            return schedule(self._every)
        return self._crontab if self._zone is None else crontab(minute=",".join(map(str, sorted(self._minutes()))))

    def after(self, moment: datetime) -> datetime:
        """The first slot after a moment."""
        if self._every is not None:
            return _floor(moment, self._every) + self._every
        return self._on_the_clock(moment) if self._zone is None else self._in_zone(moment, self._zone)

    def latest(self, moment: datetime) -> datetime | None:
        """The last slot up to a moment; none for a crontab that had none in five years."""
        if self._every is not None:
            return _floor(moment, self._every)
        for back in _LOOKS_BACK:
            if last := deque(self.between(moment - back, moment), maxlen=1):
                return last[0]
        return None

    @property
    def looks_often(self) -> bool:
        """Whether Celery looks more often than slots come: it knows no zone that changes."""
        return self._zone is not None

    def _on_the_clock(self, moment: datetime) -> datetime:
        """The first slot after a moment, on a clock that is never set."""
        own = crontab(**{field: getattr(self._crontab, f"_orig_{field}") for field in _FIELDS}, nowfun=lambda: moment)
        found: datetime = moment + own.remaining_estimate(moment)
        return found.replace(microsecond=0)

    def _in_zone(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first slot after a moment, where the clock may be set: looked for from before the last change on."""
        best: datetime | None = None
        near = (moment - _CHANGE).astimezone(zone).utcoffset() != (moment + _CHANGE).astimezone(zone).utcoffset()
        shown = (moment - (_CHANGE if near else timedelta())).astimezone(zone).replace(tzinfo=UTC)
        while True:
            shown = self._on_the_clock(shown)
            found = [one for one in self._moments(shown.replace(tzinfo=None), zone) if one > moment]
            best = min([*found, *([best] if best else [])], default=None)
            if best is not None and (not near or shown > best.astimezone(zone).replace(tzinfo=UTC) + _CHANGE):
                return best

    def _moments(self, shown: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """When a clock shows this: once, twice, or never."""
        first = shown.replace(tzinfo=zone).astimezone(UTC)
        if first.astimezone(zone).replace(tzinfo=None) != shown:  # left out
            if not self._hourly:
                yield first
            return
        yield first
        second = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if self._hourly and second != first:
            yield second

    def _minutes(self) -> set[int]:
        """The minutes of an hour, UTC, at which there may be a slot."""
        zone, year = self._zone, datetime.now(UTC).year
        offsets = {datetime(year, month, 15, tzinfo=zone).utcoffset() for month in range(1, 13)}
        shifts = {int((one or timedelta()).total_seconds()) // 60 % 60 for one in offsets}
        own = self._crontab.minute if self._crontab is not None else set()
        return {(minute - shift) % 60 for minute in own for shift in shifts}

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The slots after `start`, up to and with `end`."""
        slot = self.after(start)
        while slot <= end:
            yield slot
            slot = self.after(slot)


class Due(NamedTuple):
    """What is due of a schedule: its latest slot, and those before it that nobody ran."""

    slot: datetime
    missed: tuple[datetime, ...]  #: at most MOST_TOLD, the latest of them
    total: int  #: how many were missed


def due(slots: DueTimes, last: datetime, now: datetime) -> Due | None:
    """What is due now, when the slot of `last` was the last one looked at; none if nothing is."""
    slot = slots.latest(now)
    if slot is None or slot <= last:
        return None
    missed: list[datetime] = []
    count = 0
    for one in slots.between(last, slot - timedelta(seconds=1)):
        count += 1
        missed = [*missed[-(MOST_TOLD - 1) :], one]
        if count > MOST_TOLD * MOST_TOLD:
            break  # every second for hours: nobody counts them
    return Due(slot, tuple(missed), count)


def _floor(moment: datetime, every: timedelta) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return start + (moment - start) // every * every
