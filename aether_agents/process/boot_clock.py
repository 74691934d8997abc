"""The clock that leases end by: it is never set, and goes on while the machine is suspended where it can."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Seconds on that clock."""
    return time.clock_gettime(_CLOCK)
