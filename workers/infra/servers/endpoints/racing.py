"""Racing: several addresses of one name are tried one after the other without waiting for each (RFC 8305)."""

import errno
import os
import selectors
import socket
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

#: An address family, and where to connect to.
Place = tuple[socket.AddressFamily, tuple[Any, ...]]
#: Seconds until the next address is tried beside the ones before it.
HEAD_START = 0.25


class Unreachable(Exception):
    """Nobody answers there; the text says how."""


def interleaved(places: Sequence[Place]) -> list[Place]:
    """Places so that the families take turns, beginning with the first one's."""
    if not places:
        return []
    own = [place for place in places if place[0] == places[0][0]]
    others = [place for place in places if place[0] != places[0][0]]
    return [place for place in chain.from_iterable(zip_longest(own, others)) if place]


def first_to_connect(places: Sequence[Place], deadline: float) -> tuple[socket.socket, tuple[Any, ...], float]:
    """A connection to whichever place takes it first, where it is, and in how many milliseconds.

    Raises:
        Unreachable: none does by the time `deadline` (monotonic).
    """
    with selectors.DefaultSelector() as waiting:
        try:
            return _race(places, deadline, waiting)
        finally:
            for key in list(waiting.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # only sockets are registered


def _race(
    places: Sequence[Place], deadline: float, waiting: selectors.DefaultSelector
) -> tuple[socket.socket, tuple[Any, ...], float]:
    left, why, next_at = list(places), "it does not answer", 0.0
    while True:
        now = time.monotonic()
        if now >= deadline:
            raise Unreachable("no answer in time")
        if left and (now >= next_at or not waiting.get_map()):
            family, place = left.pop(0)
            next_at = now + HEAD_START
            why = _begin(family, place, waiting) or why
            continue
        if not waiting.get_map():
            raise Unreachable(why)
        for key, _ in waiting.select(min(deadline, next_at if left else deadline) - now):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]  # only sockets are registered
            waiting.unregister(sock)
            place, started = key.data
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                sock.close()
                why, next_at = said(OSError(code, os.strerror(code))), 0.0
                continue
            sock.setblocking(True)
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            return sock, place, (time.monotonic() - started) * 1_000


def _begin(family: socket.AddressFamily, place: tuple[Any, ...], waiting: selectors.DefaultSelector) -> str:
    """Begin to connect; why it cannot be, at once."""
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return said(error)
    sock.setblocking(False)
    code = sock.connect_ex(place)
    if code not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        sock.close()
        return said(OSError(code, os.strerror(code)))
    waiting.register(sock, selectors.EVENT_WRITE, (place, time.monotonic()))
    return ""


def said(error: OSError) -> str:
    """What an error of a connection means."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the port is closed: the connection was refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the connection was broken off"
    return f"it cannot be reached: {error.strerror or type(error).__name__}"
