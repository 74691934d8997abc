"""DueTimes: the moments at which a schedule is due, UTC. They follow from its settings alone, not from when it ran."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from celery.schedules import crontab, schedule

from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import ScheduleSettings

#: How far back the latest slot of a crontab is looked for, step by step: most are found in the first.
_LOOKS_BACK = tuple(timedelta(hours=hours) for hours in (2, 50, 24 * 32, 24 * 367, 24 * 366 * 5))
_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")

#: Missed slots that are told one by one; of more, the count.
MOST_TOLD = 100


class DueTimes:
    """The moments of one schedule."""

    def __init__(self, name: str, settings: ScheduleSettings) -> None:
        """Raises InvalidSettings: its crontab is none."""
        self._every = timedelta(seconds=settings.every) if settings.every else None
        self._crontab = None
        if settings.crontab is not None:
            try:
                self._crontab = crontab(**dict(zip(_FIELDS, settings.crontab.split(), strict=True)))
            except (ValueError, TypeError) as error:
                raise InvalidSettings(f"`schedules.{name}.crontab`: `{settings.crontab}`: {error}") from None

    @property
    def for_celery(self) -> schedule:
        """The same as Celery and redbeat have it."""
        return self._crontab if self._crontab is not None else schedule(self._every)

    def after(self, moment: datetime) -> datetime:
        """The first slot after a moment."""
        if self._every is not None:
            return _floor(moment, self._every) + self._every
        own = crontab(**{field: getattr(self._crontab, f"_orig_{field}") for field in _FIELDS}, nowfun=lambda: moment)
        found: datetime = moment + own.remaining_estimate(moment)
        return found.replace(microsecond=0)

    def latest(self, moment: datetime) -> datetime | None:
        """The last slot up to a moment; none for a crontab that had none in five years."""
        if self._every is not None:
            return _floor(moment, self._every)
        for back in _LOOKS_BACK:
            if last := deque(self.between(moment - back, moment), maxlen=1):
                return last[0]
        return None

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
