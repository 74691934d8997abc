"""One request of the web over a connection that is already there. Of the answer only what was asked for is kept."""

import http.client
import io
import socket
import time
from typing import Any, NamedTuple

from workers.inspection.git import printable

from .address import Address
from .connecting import cut_off
from .proxies import Proxy
from .racing import Unreachable, said

#: Most of an answer that is read, in bytes.
MAX_BODY = 1 << 20


#: Interim answers (1xx) before the one that counts; a server with more of them says nothing.
MAX_INTERIM = 20


#: All headers of one answer together, in bytes, and how many they may be. The library's own bounds are for browsers.
MAX_HEAD, MAX_HEADERS = 1 << 20, 20_000
#: What browsers follow.
_REDIRECTS = (301, 302, 303, 307, 308)
http.client._MAXLINE = MAX_HEAD  # type: ignore[attr-defined]
http.client._MAXHEADERS = MAX_HEADERS  # type: ignore[attr-defined]


class _Bounded(io.BufferedReader):
    """An answer whose head may not grow for ever."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self.head = 0

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        self.head += len(line)
        if self.head > MAX_HEAD + MAX_BODY:
            raise http.client.HTTPException("headers without an end")
        return line


class Response(http.client.HTTPResponse):
    """An answer. Interim ones, such as `103 Early Hints`, come before it and are no answer."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = _Bounded(self.fp.detach())

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MAX_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:  # noqa: PLR2004
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("interim answers only")


class Answered(NamedTuple):
    """What a server answered."""

    status: int
    ms: float  #: milliseconds from the request to the answer's headers
    location: str  #: where a redirect leads; empty if it is none
    found: bool | None  #: whether the text is there; None when only a part of the answer could be looked at


def get(address: Address, sock: socket.socket, text: str, deadline: float, proxy: Proxy | None = None) -> Answered:
    """Send a GET over a connection, and close it. `proxy`: what the connection leads to, if not to the endpoint.

    Raises:
        Unreachable: what comes back is no answer of a web server, or comes too late.
    """
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.auto_open = 0
    connection.response_class = Response
    connection.sock = sock
    plainly = proxy is not None and address.kind == "http"
    target = f"http://{address.authority}{address.target}" if plainly else address.target
    headers = proxy.headers if proxy and plainly else {}
    headers |= {"Host": address.authority, "Accept-Encoding": "identity", "User-Agent": "aether-endpoints/1"}
    started = time.monotonic()
    try:
        with cut_off(sock, deadline):
            connection.request("GET", target, headers={**headers, "Accept": "*/*", "Connection": "close"})
            answer = connection.getresponse()
            ms = (time.monotonic() - started) * 1_000
            location = (answer.headers.get_all("Location") or [""])[0] if answer.status in _REDIRECTS else ""
            found = _holds(answer, text) if text and not location else True
    except (http.client.HTTPException, ValueError) as error:
        late = time.monotonic() >= deadline
        what = printable(type(error).__name__, 40)
        raise Unreachable("no answer in time" if late else f"no answer of a web server: {what}") from None
    except OSError as error:
        raise Unreachable("no answer in time" if time.monotonic() >= deadline else said(error)) from None
    finally:
        connection.close()
        sock.close()
    if time.monotonic() >= deadline:  # what was cut off in its headers still looks like an answer
        raise Unreachable("no answer in time")
    return Answered(answer.status, ms, location, found)


def _holds(answer: http.client.HTTPResponse, text: str) -> bool | None:
    """Whether a text is in the first MiB of an answer; None when it is not and there is more."""
    body = answer.read(MAX_BODY + 1)
    charset = answer.headers.get_content_charset() or "utf-8"
    try:
        shown = body[:MAX_BODY].decode(charset, "replace")
    except LookupError:
        shown = body[:MAX_BODY].decode("utf-8", "replace")
    return True if text in shown else None if len(body) > MAX_BODY else False
