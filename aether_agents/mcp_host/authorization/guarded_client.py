"""The HTTP client of logins: an address is looked at before it is visited, nothing is followed, answers are bounded."""

import asyncio
import time

import httpx2

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.addresses import on_loopback, proxy_for, shown, visited

#: Bytes of an answer of an authorisation server; documents and tokens have a few thousand.
LARGEST = 1 << 20
#: Seconds one exchange may take.
TIMEOUT = 30.0
#: What is said of a body as it came: it is given on unpacked.
_PACKING = (b"content-encoding", b"content-length", b"transfer-encoding")


class GuardedTransport(httpx2.AsyncBaseTransport):
    """For the login in a terminal: whatever the server told is looked at."""

    def __init__(self, server: str) -> None:
        self._local = on_loopback(server)
        self._inner: dict[str | None, httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it to the address that was looked at."""
        address = str(request.url)
        pinned(request, self._local)
        proxy = proxy_for(address)
        inner = self._inner.setdefault(proxy, httpx2.AsyncHTTPTransport(proxy=proxy))
        try:
            async with asyncio.timeout(TIMEOUT):  # in all: each of many bytes may come in time
                response = await inner.handle_async_request(request)
                body = b""
                async for chunk in response.aiter_bytes():  # unpacked, and counted as that
                    body = bounded(body + chunk, address)
                await response.aclose()
        except TimeoutError:
            raise LoginFailed(f"{shown(address)} did not answer whole within {TIMEOUT:g} s") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise LoginFailed(f"cannot reach {shown(address)}: {error or type(error).__name__}") from None
        headers = [(key, value) for key, value in response.headers.raw if key.lower() not in _PACKING]
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        for inner in self._inner.values():
            await inner.aclose()


def post_form(address: str, form: dict[str, str], headers: dict[str, str], server: str) -> httpx2.Response:
    """Send a form, as the token endpoint takes it; for a thread that may wait.

    Raises:
        LoginFailed: it may not go there, or the answer is far too large.
        httpx2.TransportError: nobody is there, or the connection broke.
    """
    proxy = proxy_for(address)
    until = time.monotonic() + TIMEOUT
    with httpx2.Client(transport=httpx2.HTTPTransport(proxy=proxy), timeout=TIMEOUT, follow_redirects=False) as client:
        request = client.build_request("POST", address, data=form, headers=headers)
        pinned(request, on_loopback(server))
        response = client.send(request, stream=True)
        try:
            body = b""
            for chunk in response.iter_bytes():
                body = bounded(body + chunk, address)
                if time.monotonic() > until:
                    raise LoginFailed(f"{shown(address)} did not answer whole within {TIMEOUT:g} s")
        finally:
            response.close()
    return httpx2.Response(response.status_code, content=body)


def pinned(request: httpx2.Request, local: bool) -> None:
    """Bind a request to the address that was looked at: a name may be another's when it is looked up again.

    Raises:
        LoginFailed: a login may not go there.
    """
    host = request.url.host
    place = visited(str(request.url), local=local)
    if place and place != host:
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=place)


def bounded(body: bytes, address: str) -> bytes:
    """What was read so far.

    Raises:
        LoginFailed: it is far too large to be what it should be.
    """
    if len(body) > LARGEST:
        raise LoginFailed(f"the answer of {shown(address)} is over {LARGEST:,} bytes")
    return body
