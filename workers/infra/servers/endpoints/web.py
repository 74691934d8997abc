"""One request of the web over a connection that is already there. Of the answer only what was asked for is kept."""

import http.client
import socket
import time
from typing import NamedTuple

from workers.inspection.git import printable

from .address import Address
from .connecting import Unreachable, cut_off, said

#: Most of an answer that is read, in bytes.
MAX_BODY = 1 << 20


#: Interim answers (1xx) before the one that counts; a server with more of them says nothing.
MAX_INTERIM = 20


class Response(http.client.HTTPResponse):
    """An answer. Interim ones, such as `103 Early Hints`, come before it and are no answer."""

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


def get(address: Address, sock: socket.socket, text: str, deadline: float) -> Answered:
    """Send a GET over a connection, and close it.

    Raises:
        Unreachable: what comes back is no answer of a web server, or comes too late.
    """
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.auto_open = 0
    connection.response_class = Response
    connection.sock = sock
    headers = {"Host": address.authority, "Accept-Encoding": "identity", "User-Agent": "aether-endpoints/1"}
    started = time.monotonic()
    try:
        with cut_off(sock, deadline):
            connection.request("GET", address.target, headers={**headers, "Accept": "*/*", "Connection": "close"})
            answer = connection.getresponse()
            ms = (time.monotonic() - started) * 1_000
            location = answer.getheader("Location", "") if 300 <= answer.status < 400 else ""  # noqa: PLR2004
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
