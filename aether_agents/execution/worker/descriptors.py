"""Descriptors: how many files and sockets this process may still open."""

import os
from pathlib import Path

try:
    import resource
except ImportError:  # not on every system
    resource = None  # type: ignore[assignment]

#: Where Linux and macOS list what a process has open.
_PLACES = (Path("/proc/self/fd"), Path("/dev/fd"))


def strain() -> float:
    """The share of its descriptors that this process has open; 0 where that is not known."""
    place = next((place for place in _PLACES if place.is_dir()), None)
    if resource is None or place is None:
        return 0.0
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most in (0, resource.RLIM_INFINITY):
        return 0.0
    try:
        return min(1.0, len(os.listdir(place)) / most)  # noqa: PTH208 - counted, not looked at
    except OSError:  # there is none left to look with
        return 1.0
