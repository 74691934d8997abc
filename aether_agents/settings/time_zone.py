"""TimeZone: names of time zones as people write them, and the one of this machine."""

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Where a machine's zone is a link into the data base of zones.
_LOCAL = Path("/etc/localtime")
_ZONES = "zoneinfo/"


def known_zone(name: str) -> str:
    """The name of a zone that is known here.

    Raises:
        ValueError: it is not.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"`{name}` is no time zone that is known here: write it as `Europe/Berlin`; a machine without the data "
            "of zones needs the package tzdata"
        ) from None
    return name


def is_zone(name: str) -> bool:
    """Whether this is the name of a zone."""
    try:
        return bool(known_zone(name))
    except ValueError:
        return False


def machine_zone(environ: Mapping[str, str] = os.environ, local: Path = _LOCAL) -> str:
    """The zone of this machine: TZ, else what its clock is set to, else UTC."""
    given = environ.get("TZ", "").lstrip(":")
    if given and is_zone(given):
        return given
    try:
        found = str(local.resolve(strict=True)).partition(_ZONES)[2]
    except OSError:
        return "UTC"
    return found if found and is_zone(found) else "UTC"
