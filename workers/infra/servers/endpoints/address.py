"""An endpoint's address: what is meant by it, and what is refused."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urljoin, urlsplit

from workers.inspection.git import printable
from workers.inspection.host_name import NoName, ascii_host

Kind = Literal["http", "https", "tcp", "tls"]

_KINDS: dict[str, Kind] = {"http": "http", "https": "https", "tcp": "tcp", "tls": "tls"}
_PORTS: dict[str, int] = {"http": 80, "https": 443}
_BARE = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):\d{1,5}")
_LONGEST = 2_000
_SHOWN = 200


class Refused(Exception):
    """An address that is not asked; the text says why, and holds no credentials."""


@dataclass(frozen=True)
class Address:
    """One endpoint."""

    kind: Kind
    host: str  #: a name in its ASCII form, or an IP address without brackets
    port: int
    target: str = ""  #: path and query of a URL

    @property
    def authority(self) -> str:
        """Host and port as a URL has them, the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _PORTS.get(self.kind) == self.port else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The address for people: a query may hold a token, so it is left out."""
        path, question, _ = self.target.partition("?")
        return printable(f"{self.kind}://{self.authority}{path}{'?…' if question else ''}", _SHOWN)

    def redirected(self, location: str) -> "Address":
        """Where a redirect leads.

        Raises:
            Refused: not to an address of the web.
        """
        found = read_address(urljoin(f"{self.kind}://{self.authority}{self.target}", _as_browsers_read(location)))
        if found.kind not in ("http", "https"):
            raise Refused(f"it redirects to {found.shown}, which is no web address")
        return found


def read_address(text: str) -> Address:
    """An address from `https://host/path`, `http://…`, `tcp://host:port`, `tls://host:port` or `host:port` (TCP).

    Raises:
        Refused: it is none of these, or it holds credentials.
    """
    if len(text) > _LONGEST or not text.isprintable() or " " in text.strip():
        raise Refused("an address is one line of at most 2000 characters, without blanks")
    text = text.strip()
    if "://" not in text:
        if not _BARE.fullmatch(text):
            raise Refused("it is no address: give https://host/path, tls://host:port, tcp://host:port or host:port")
        text = f"tcp://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(f"it is no address: {printable(str(error).split(':')[0], 80)}") from None
    kind = _KINDS.get(parts.scheme.lower())
    if kind is None:
        raise Refused(f"`{printable(parts.scheme, 20)}` is not asked: only http, https, tcp and tls")
    if parts.username is not None or parts.password is not None:
        raise Refused("it holds credentials, which an address must not: leave out what stands before the `@`")
    port = _PORTS.get(kind) if port is None else port
    if not host or not port:
        raise Refused("it names no host" if not host else f"it names no port: give {kind}://host:port")
    return Address(kind, _ascii(host), port, _target(parts.path, parts.query) if kind in _PORTS else "")


def _as_browsers_read(location: str) -> str:
    """A `Location` as browsers take it: UTF-8, without blanks around it and line ends in it, `/` for each backslash."""
    with suppress(UnicodeError):  # it is text already, or in another encoding: its letters are quoted as they are
        location = location.encode("latin-1").decode("utf-8")
    location = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(0x21)))).partition("#")[0]
    path, question, query = location.partition("?")
    path = re.sub(r"(?i)^(https?):/*(?=[^/])", r"\1://", path.replace("\\", "/"))
    path = re.sub(r"^/{2,}", "//", path)
    return "".join(f"%{ord(char):02X}" if char in " \x7f" else char for char in f"{path}{question}{query}")


def shown_raw(text: str) -> str:
    """An address that may be none, for people: without what could be credentials or a query."""
    start, at, rest = text.rpartition("@")
    scheme = start.partition("://")[0] + "://" if "://" in start else ""
    return printable(f"{scheme}…@{rest}" if at else text, _SHOWN).partition("?")[0]


def _ascii(host: str) -> str:
    try:
        return ascii_host(host)
    except NoName:
        raise Refused("its host is no name") from None


def _target(path: str, query: str) -> str:
    kept = "/%:=&?~#+!$,;'@()*[]"
    return quote(path or "/", safe=kept) + (f"?{quote(query, safe=kept)}" if query else "")
