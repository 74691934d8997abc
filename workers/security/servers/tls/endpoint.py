"""Endpoint: a name and a port somebody listens on, and one TLS handshake with it."""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.host_name import NoName, ascii_host

#: A host's name. A dot stands between labels and nowhere else, so that there is one way to read it: any other
#: expression for it takes for ever on a long name with a wrong last character.
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
#: Seconds one handshake may take.
TIMEOUT = 5.0
HTTPS = 443


class Unreachable(Exception):
    """Nobody answers there; the text says why."""


class Endpoint(NamedTuple):
    """Where to look."""

    host: str
    port: int

    @classmethod
    def read(cls, text: str) -> "Endpoint":
        """Read `host`, `host:port`, `[v6]:port` or an `https://` address.

        Raises:
            ToolError: it is none of these.
        """
        bare = re.sub(r"^https://", "", text.strip()).split("/", 1)[0]
        match = re.fullmatch(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]@\s]+))(?::(?P<port>\d{1,5}))?", bare)
        host = _ascii((match["v6"] or match["host"]) if match else "")
        port = int(match["port"] or HTTPS) if match else 0
        if not host or not (_is_address(host) or _NAME.fullmatch(host)) or not 0 < port < 1 << 16:
            raise ToolError(f"{printable(text, 100)!r} is no endpoint: write `host:port` or `https://host`")
        return cls(host, port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def handshake(self, context: ssl.SSLContext, seconds: float) -> ssl.SSLSocket:
        """Connect and shake hands; the caller closes the connection.

        Raises:
            Unreachable: no connection comes about.
            ssl.SSLError: the handshake failed.
        """
        try:
            plain = socket.create_connection((self.host, self.port), timeout=min(TIMEOUT, max(seconds, 0.1)))
        except OSError as error:
            raise Unreachable(f"no connection ({error.strerror or error})") from None
        try:
            return context.wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLError:
            plain.close()
            raise
        except OSError as error:
            plain.close()
            raise Unreachable(f"the connection broke ({error.strerror or error})") from None

    def tried(self, context: ssl.SSLContext, seconds: float) -> ssl.SSLError | None:
        """The error of a handshake; none when it works.

        Raises:
            Unreachable: no connection comes about.
        """
        return _error(lambda: self.handshake(context, seconds).close())


def trusting_nothing() -> ssl.SSLContext:
    """A context that shakes hands with anybody: only to look, never to send."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _ascii(host: str) -> str:
    """A name in its ASCII form; what is none is left as it is, and refused."""
    try:
        return ascii_host(host)
    except NoName:
        return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _error(work: Callable[[], None]) -> ssl.SSLError | None:
    try:
        work()
    except ssl.SSLError as error:
        return error
    return None
