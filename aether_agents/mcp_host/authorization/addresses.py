"""Addresses of remote servers: how they are shown, which proxy leads there, and which of them a login may visit.

What a server says of itself (where its authorisation server is, where tokens are given out) comes from a stranger. So a
login goes to public addresses over https alone, and to the very address that was looked at; loopback counts only where
the server itself is on loopback. A server of a private network has to take its token from `headers`.
"""

import ipaddress
import socket
import urllib.request

import httpx2

from aether_agents.errors import LoginFailed

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def proxy_for(address: str) -> str | None:
    """The proxy of our environment for an address, as every program of this machine uses it; never for loopback."""
    url = httpx2.URL(address)
    if url.host in _LOOPBACK or urllib.request.proxy_bypass(url.host):
        return None
    return urllib.request.getproxies().get(url.scheme)


def shown(address: str) -> str:
    """An address without user, password and query: they may hold a secret, and errors are shown."""
    url = httpx2.URL(address)
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"


def on_loopback(address: str) -> bool:
    """Whether a server is on this very machine, by its address alone."""
    return httpx2.URL(address).host in _LOOPBACK


def visited(address: str, *, local: bool) -> str:
    """The IP address to connect to, looked at; `local`: the server whose login it is, is on loopback.

    Raises:
        LoginFailed: a login may not go there.
    """
    url = httpx2.URL(address)
    if local and url.scheme in ("http", "https") and url.host in _LOOPBACK:
        return "::1" if url.host == "::1" else "127.0.0.1"
    if url.scheme != "https":
        raise LoginFailed(f"{shown(address)} is not https: a login goes over https alone")
    if url.userinfo:
        raise LoginFailed(f"{shown(address)} holds a user: a login does not go there")
    if _numeric(url.host) and not _public(url.host):
        raise LoginFailed(f"{shown(address)} is {url.host}, which is no public address: a login does not go there")
    if proxy_for(address):
        return ""  # the proxy looks it up
    try:
        found = socket.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise LoginFailed(f"{url.host} is not known: {error.strerror or error}") from None
    places = [str(entry[4][0]).partition("%")[0] for entry in found]
    if private := [place for place in places if not _public(place)]:
        raise LoginFailed(f"{shown(address)} is {private[0]}, which is no public address: a login does not go there")
    return places[0]


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _public(place: str) -> bool:
    found = ipaddress.ip_address(place)
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or mapped.is_global)
