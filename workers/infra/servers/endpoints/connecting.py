"""Connecting: a name is resolved once, each of its addresses is looked at, and exactly these are connected to."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .address import Address, Refused

#: Addresses of one name that are tried.
MAX_TRIED = 4

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Where clouds hand credentials to whoever asks from the machine itself; nothing else lives there.
_METADATA = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128", "100.100.100.200/32")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Unreachable(Exception):
    """Nobody answers there; the text says how."""


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
    why = "it does not answer"
    for family, place in _resolved(address)[:MAX_TRIED]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("no answer in time")
        started = time.monotonic()
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.connect(place)
        except OSError as error:
            sock.close()
            why = said(error)
            continue
        return Connected(sock, str(place[0]), (time.monotonic() - started) * 1_000)
    raise Unreachable(why)


def said(error: OSError) -> str:
    """What an error of a connection means."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the port is closed: the connection was refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the connection was broken off"
    return f"it cannot be reached: {error.strerror or type(error).__name__}"


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


def _resolved(address: Address) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("its name does not resolve here") from None
    places = [(family, place) for family, _, _, _, place in found]
    if any(is_metadata(str(place[0])) for _, place in places):
        raise Refused("link-local addresses and metadata services are not asked: they hand out credentials")
    return places  # type: ignore[return-value]  # IPv6 places are longer, and connect takes them whole
