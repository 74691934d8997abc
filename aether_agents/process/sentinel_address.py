"""Addresses of sentinels, which know the primary of a store: who connects asks them each time.

An address `sentinel://…` names the sentinels. Its clients are given one under a host name of our own; whoever connects
to that name asks the sentinels, so that all of a process is with the next primary after a fail-over as soon as its
connections are new ones.
"""

import hashlib
import threading
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

SCHEME = "sentinel"
_PORT, _NAME = 26_379, "mymaster"
#: How the hosts of our own end.
DOMAIN = ".primary.sentinel"


class Sentinels(NamedTuple):
    """What an address says of the sentinels, and the service they watch."""

    places: tuple[tuple[str, int], ...]
    master: str
    user: str | None
    password: str | None


_known: dict[str, Sentinels] = {}
_lock = threading.Lock()


def sentinels_of(address: str) -> Sentinels:
    """The sentinels that an address names."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query))
    places = [place.rpartition(":") if ":" in place else (place, "", "") for place in _hosts(parts.netloc)]
    return Sentinels(
        tuple((host.strip("[]"), int(port or _PORT)) for host, _, port in places),
        options.get("master_name", _NAME),
        options.get("sentinel_username"),
        options.get("sentinel_password"),
    )


def led(address: str | None) -> bool:
    """Whether an address names sentinels."""
    return bool(address) and str(address).startswith(f"{SCHEME}://")


def leading(address: str | None) -> str | None:
    """An address as clients read it: one of sentinels under a host of our own, any other as it is."""
    if address is None or not led(address):
        return address
    parts = urlsplit(address)
    asked = sentinels_of(address)
    host = hashlib.sha256(repr(asked[:2]).encode()).hexdigest()[:24] + DOMAIN
    with _lock:
        _known[host] = asked
    login = parts.netloc.rpartition("@")[0]
    rest = {key: value for key, value in parse_qsl(parts.query) if key not in ("master_name", *_OWN)}
    query = f"?{urlencode(rest)}" if rest else ""
    return f"redis://{f'{login}@' if login else ''}{host}:{_PORT}{parts.path}{query}"


_OWN = ("sentinel_username", "sentinel_password")


def asked_for(host: str) -> Sentinels | None:
    """The sentinels to ask before connecting to a host of our own; none for any other host."""
    return _known.get(host)


def _hosts(netloc: str) -> list[str]:
    return [host for host in netloc.rpartition("@")[2].split(",") if host]
