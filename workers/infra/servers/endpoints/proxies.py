"""Proxies: which one the environment names for an endpoint, and how a connection goes through it."""

import base64
import ipaddress
import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from workers.inspection.git import printable

from .address import Address
from .connecting import Connected, connect, cut_off
from .racing import Unreachable, said

#: The most that a proxy may say before a tunnel begins, in bytes.
_MAX_HEAD = 1 << 16
_OK = 200


class Proxy(NamedTuple):
    """A proxy of the web."""

    place: Address
    authorization: str  #: what it is told about who asks; empty if nothing

    @property
    def headers(self) -> dict[str, str]:
        """What a request through it carries."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


def proxy_for(address: Address, environ: Mapping[str, str] = os.environ) -> Proxy | None:
    """The proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).

    This machine itself is never asked through one.

    Raises:
        Unreachable: it names one that is none.
    """
    if address.kind not in ("http", "https") or address.host in ("localhost", "::1") or address.host.startswith("127."):
        return None
    known = {name.lower(): value for name, value in environ.items() if value and name.lower().endswith("_proxy")}
    named = known.get(f"{address.kind}_proxy") or known.get("all_proxy")
    without = known.get("no_proxy", "")
    if not named or _is_left_out(address, without):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme != "http" or not host:
        raise Unreachable("the environment names a proxy that is not spoken to: give http://host:port")
    who = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    authorization = f"Basic {base64.b64encode(who.encode()).decode()}" if who else ""
    return Proxy(Address("tcp", host, port or 80), authorization)


def _is_left_out(address: Address, without: str) -> bool:
    """Whether `NO_PROXY` names a host: by its name or domain, with a port or none, or by a network."""
    for text in filter(None, map(str.strip, without.lower().split(","))):
        name, colon, port = text.rpartition(":") if re.fullmatch(r"[^:]+:\d+", text) else (text, "", "")
        if colon and int(port) != address.port:
            continue
        bare = name.removeprefix("*").lstrip(".")
        if name == "*" or address.host == bare or address.host.endswith(f".{bare}"):
            return True
        with suppress(ValueError):
            if ipaddress.ip_address(address.host) in ipaddress.ip_network(name.strip("[]"), strict=False):
                return True
    return False


def connect_by(proxy: Proxy | None, address: Address, deadline: float) -> Connected:
    """A connection to an endpoint, or to the proxy on the way to it; for `https` the proxy has opened a tunnel.

    Raises:
        Refused, Unreachable: as connecting does, or the proxy refuses.
    """
    if proxy is None:
        return connect(address, deadline)
    try:
        connected = connect(proxy.place, deadline)
    except Unreachable as error:
        raise Unreachable(f"its proxy {proxy.place.authority}: {error}") from None
    if address.kind == "http":
        return connected
    try:
        with cut_off(connected.sock, deadline):
            _tunnel(proxy, address, connected.sock)
    except OSError as error:
        connected.sock.close()
        raise Unreachable(f"its proxy {proxy.place.authority}: {said(error)}") from None
    except Unreachable:
        connected.sock.close()
        raise
    return connected


def _tunnel(proxy: Proxy, address: Address, sock: socket.socket) -> None:
    host = f"[{address.host}]" if ":" in address.host else address.host
    lines = [f"CONNECT {host}:{address.port} HTTP/1.1", f"Host: {host}:{address.port}"]
    lines += [f"{name}: {value}" for name, value in proxy.headers.items()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):  # byte by byte: what follows belongs to TLS
        byte = sock.recv(1)
        if not byte or len(head) > _MAX_HEAD:
            raise Unreachable(f"its proxy {proxy.place.authority} opens no way there")
        head += byte
    status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(status) < 2 or not status[1].isdigit() or int(status[1]) != _OK:  # noqa: PLR2004 - version and status
        what = printable(" ".join(status[1:]), 60)
        raise Unreachable(f"its proxy {proxy.place.authority} refuses the way there: {what}")
