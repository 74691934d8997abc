"""The HTTP transport: one server at an address, spoken to over streamable HTTP with static headers.

The SDK ends the whole session when one request meets a network error. Here that error becomes the
answer to that request alone, with the knowledge whether it was sent: a refused connection certainly
was not. Answers are bounded in size.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from aether_agents.contracts import ServerSpec
from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.addresses import proxy_for, shown
from aether_agents.mcp_host.authorization.bearer import Bearer
from aether_agents.mcp_host.transport.stderr_tail import StderrTail

#: JSON-RPC codes of our own making, in the range the protocol leaves to implementations.
NOT_SENT, NETWORK, REFUSED, FORGOTTEN, BUSY, PERHAPS_FORGOTTEN = -32096, -32095, -32094, -32093, -32092, -32091
#: What the error of an answer that was cut off says.
BROKEN_BODY = "the connection broke in the middle of the answer"
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_UNAUTHORISED = (401, 403, 407)
_NOT_FOUND = 404
#: How an address answers a message that knows no streamable HTTP.
_OLDER = (404, 405)
#: It did not get to the server behind it, or that has too much to do: the call was not made.
_BUSY = {429: "asks us to wait", 502: "cannot reach its server", 503: "is not available", 504: "got no answer in time"}
#: How servers say in words of their own that they do not know our session; by the specification they would say 404.
_FORGETFUL = re.compile(
    r"(no valid|not a valid|invalid|unknown|expired|no such).{0,20}session"
    r"|session.{0,20}(not found|invalid|expired|unknown)",
    re.IGNORECASE,
)
_BAD_REQUEST = 400
#: Bytes of an answer that is looked at for that: such answers are short.
_SHORT = 4_096


class HttpTransport:
    """What connects a session to an address. Entered and left by the session's owner task."""

    def __init__(self, spec: ServerSpec, limit: int, connect_timeout: float, bearer: Bearer | None = None) -> None:
        self._spec = spec
        self._limit = limit
        self._connect_timeout = connect_timeout
        self._bearer = bearer
        self._scope = AsyncExitStack()
        #: Set when nothing more will be sent. HTTP has no connection to lose; each request finds out for itself.
        self.closed = asyncio.Event()
        #: Nothing is heard of a remote server but its answers.
        self.stderr = StderrTail()
        self.noise = StderrTail()

    @property
    def alive(self) -> bool:
        """Whether a request may still be sent."""
        return not self.closed.is_set()

    @property
    def status(self) -> int | None:
        """There is no process of ours."""
        return None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may not be seen in an answer, beside what the specification hides."""
        return self._bearer.secrets if self._bearer else ()

    def abandon(self) -> None:
        """In a forked child: a socket that is not used does no harm."""

    async def __aenter__(self) -> Any:
        """Open the client; nothing is sent yet."""
        client = httpx2.AsyncClient(
            headers=self._spec.headers,
            # No limit on reading: a tool may think for an hour, and every call has its own time limit.
            timeout=httpx2.Timeout(30, connect=self._connect_timeout, read=None),
            transport=RefusingTransport(self._spec, self._limit, self._bearer),
        )
        await self._scope.enter_async_context(client)
        streams = streamable_http_client(str(self._spec.url), http_client=client, max_sse_event_size=self._limit)
        return await self._scope.enter_async_context(streams)

    async def __aexit__(self, *reason: object) -> None:
        """Close the client."""
        self.closed.set()
        await self._scope.aclose()


class RefusingTransport(httpx2.AsyncBaseTransport):
    """Turns what goes wrong with one request into its answer, and bounds what is read."""

    def __init__(self, spec: ServerSpec, limit: int, bearer: Bearer | None) -> None:
        self._spec = spec
        self._limit = limit
        self._bearer = bearer
        self._inner = httpx2.AsyncHTTPTransport(proxy=proxy_for(str(spec.url)))
        self._shown = shown(str(spec.url))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it."""
        try:
            response = await self._sent(request)
        except LoginFailed as error:
            return _answer(request, REFUSED, f"{self._shown}: {error}; {self._log_in()}")
        except _UNSENT as error:
            return _answer(request, NOT_SENT, f"cannot connect to {self._shown}: {error or type(error).__name__}")
        except httpx2.TransportError as error:
            return _answer(request, NETWORK, f"the connection to {self._shown} broke: {type(error).__name__} {error}")
        if refusal := await self._refusal(request, response):
            await response.aclose()
            return _answer(request, *refusal)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            # The reader of an event stream bounds each of its events; the stream itself may go on for ever.
            stream = response.headers.get("content-type", "").startswith("text/event-stream")
            response.stream = _Bounded(response.stream, None if stream else self._limit)
        return response

    async def _refusal(self, request: httpx2.Request, response: httpx2.Response) -> tuple[int, str] | None:
        """What to say instead of an answer that is none: our code for it, and the words."""
        status = response.status_code
        if status in _UNAUTHORISED:
            return REFUSED, f"{self._shown} refused us (HTTP {status}): {self._fix()}"
        older = self._spec.transport == "sse" and request.method == "POST"  # its session is in the address
        known = older or "mcp-session-id" in request.headers
        if known and (status == _NOT_FOUND or await _forgot(response)):
            # by the specification: it knows no such session, and did not look at the request
            code = FORGOTTEN if response.is_error else PERHAPS_FORGOTTEN
            return code, f"{self._shown} was restarted and forgot our session"
        if not known and status in _OLDER and self._spec.transport == "http" and request.method == "POST":
            other = 'if it speaks the transport before, write `"type": "sse"` beside its address'
            return REFUSED, f"{self._shown} takes no messages there (HTTP {status}): correct `url`; {other}"
        return (BUSY, f"{self._shown} {_busy(response)}") if status in _BUSY else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, with the token of the login if there is one; a token that is refused is renewed once."""
        own = httpx2.URL(str(self._spec.url))
        if self._bearer is None or (request.url.scheme, request.url.netloc) != (own.scheme, own.netloc):
            return await self._inner.handle_async_request(request)
        token = await asyncio.to_thread(self._bearer.token)
        request.headers["Authorization"] = f"Bearer {token}"
        response = await self._inner.handle_async_request(request)
        if response.status_code != _UNAUTHORISED[0]:
            return response
        await response.aclose()
        request.headers["Authorization"] = f"Bearer {await asyncio.to_thread(self._bearer.token, token)}"
        return await self._inner.handle_async_request(request)

    def _fix(self) -> str:
        if any(name.lower() == "authorization" for name in self._spec.headers):
            return f"correct `headers` of `{self._spec.name}` in {self._spec.source or 'its file'}"
        return f"{self._log_in()}, or give it `headers` in {self._spec.source or 'its file'}"

    def _log_in(self) -> str:
        return f"log in with `aether-agent servers login {self._spec.name}`"


async def _forgot(response: httpx2.Response) -> bool:
    """Whether a short answer says that our session is not known: with 400, or with 200 and an error in it."""
    if response.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return False
    size = response.headers.get("content-length", "")
    if response.status_code not in (_BAD_REQUEST, 200) or not size.isdigit() or int(size) > _SHORT:
        return False
    try:
        said = json.loads(await response.aread())
    except (ValueError, RecursionError):
        return False
    error = said.get("error") if isinstance(said, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    return isinstance(text, str) and _FORGETFUL.search(text) is not None


def _busy(response: httpx2.Response) -> str:
    after = response.headers.get("retry-after", "")
    wait = f"; try again after {after} s" if after.isdigit() else ""
    return f"{_BUSY[response.status_code]} (HTTP {response.status_code}){wait}"


class _Bounded(httpx2.AsyncByteStream):
    """A body that fails alone, rather than with its session, when it is too long or the network breaks."""

    def __init__(self, inner: httpx2.AsyncByteStream, limit: int | None) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in self._inner:
                size += len(chunk)
                if self._limit is not None and size > self._limit:
                    raise httpx2.StreamError(f"the answer is over {self._limit:,} bytes: ask the tool for less")
                yield chunk
        except httpx2.TransportError as error:
            raise httpx2.StreamError(f"{BROKEN_BODY} ({type(error).__name__})") from error

    async def aclose(self) -> None:
        await self._inner.aclose()


def _answer(request: httpx2.Request, code: int, message: str) -> httpx2.Response:
    """A JSON-RPC error in the place of an answer."""
    body = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}})
    return httpx2.Response(503, request=request, headers={"content-type": "application/json"}, content=body.encode())
