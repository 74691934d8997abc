"""Durations and moments as people read them."""

import time
from datetime import UTC, datetime

MINUTE = 60
HOUR = 3_600
DAY = 86_400


def brief(seconds: float, *, whole: bool = False) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`: two units at most."""
    if seconds < 10 and not whole:  # noqa: PLR2004 - tenths tell something below ten seconds only
        return f"{seconds:.1f} s"
    rounded = int(seconds) if not whole else -(-int(seconds * 10) // 10)
    for size, name, below, lower in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if rounded >= size:
            rest = rounded % size // below
            return f"{rounded // size} {name}" + (f" {rest} {lower}" if rest else "")
    return f"{rounded} s"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """`12 s ago`, `3 min ago`; empty without a moment."""
    if moment is None:
        return ""
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    return f"{brief(seconds, whole=True).split(' ', 2)[0]} {brief(seconds, whole=True).split(' ')[1]} ago"


def clock(moment: datetime) -> str:
    """The time of day here, `14:03:07`."""
    return moment.astimezone().strftime("%H:%M:%S")


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._start
