"""Connecting: a name is resolved once, each of its addresses is looked at, and exactly these are connected to."""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .address import Address, Refused
from .racing import Place, Unreachable, first_to_connect, interleaved

#: Addresses of one name that are tried.
MAX_TRIED = 8

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Where clouds hand credentials to whoever asks from the machine itself; nothing else lives there.
_METADATA = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128", "100.100.100.200/32")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Connected(NamedTuple):
    """A connection."""

    sock: socket.socket
    ip: str
    ms: float  #: milliseconds to connect, name resolution left out


def connect(address: Address, deadline: float) -> Connected:
    """Connect to an endpoint by the time `deadline` (monotonic).

    Raises:
        Refused: it is the address of a metadata service, or link-local.
        Unreachable: it does not answer.
    """
    places = _resolved(address, deadline)
    sock, place, ms = first_to_connect(interleaved(places)[:MAX_TRIED], deadline)
    return Connected(sock, str(place[0]), ms)


def is_metadata(ip: str) -> bool:
    """Whether an address is link-local or a cloud's metadata service, also in the clothes of IPv6."""
    found: _IP = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        hidden = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            hidden = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = hidden or found
    return any(found in network for network in _METADATA if network.version == found.version)


@contextmanager
def cut_off(sock: socket.socket, deadline: float) -> Iterator[None]:
    """End a connection at the deadline, whatever it is doing: a server that drips byte by byte never times out."""

    def cut() -> None:
        try:
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _resolved(address: Address, deadline: float) -> list[Place]:
    """The places of a name, asked for in a thread of its own: a resolver may take half a minute to say no."""
    told: queue.SimpleQueue[list[Place] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            told.put(None)
        else:
            told.put([(family, place) for family, _, _, _, place in found])

    threading.Thread(target=ask, daemon=True).start()
    try:
        places = told.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise Unreachable("its name was not resolved in time") from None
    if places is None:
        raise Unreachable("its name does not resolve here")
    if any(is_metadata(str(place[0])) for _, place in places):
        raise Refused("link-local addresses and metadata services are not asked: they hand out credentials")
    return places
