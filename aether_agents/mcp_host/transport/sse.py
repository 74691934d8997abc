"""The transport before streamable HTTP: one event stream from the server, and a POST for each message to it.

Servers that were written for it alone are still about. The SDK's writer ends at the first message that is not taken,
and its reader says nothing of why; here each message that was not taken is answered with the reason, as over HTTP.
"""

import json
import math
from typing import Any

import anyio
import httpx2
from mcp.client.sse import sse_client
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError

from aether_agents.errors import ServerDown
from aether_agents.mcp_host.transport.http import HttpTransport, RefusingTransport

_ACCEPTED = 202
#: Seconds a message may take to be taken.
_POSTING = 30.0


class SseTransport(HttpTransport):
    """What connects a session to an address that speaks the older transport."""

    async def __aenter__(self) -> Any:
        """Open the stream, and wait until it says where messages go."""
        try:
            return await self._streams()
        except BaseException:
            await self._scope.aclose()
            raise

    async def _streams(self) -> Any:
        send, receive = anyio.create_memory_object_stream[Any](math.inf)
        self._scope.callback(receive.close)
        self._scope.callback(send.close)

        def refused(message: SessionMessage) -> None:
            send.send_nowait(message)

        def client(headers: Any = None, timeout: Any = None, auth: Any = None) -> httpx2.AsyncClient:
            contained = _Posted(RefusingTransport(self._spec, self._limit, self._bearer), refused)
            return httpx2.AsyncClient(headers=headers, timeout=timeout, auth=auth, transport=contained)

        streams = sse_client(
            str(self._spec.url),
            headers=dict(self._spec.headers),
            timeout=_POSTING,
            sse_read_timeout=math.inf,
            httpx_client_factory=client,
        )
        read, write = await self._scope.enter_async_context(streams)
        tasks = await self._scope.enter_async_context(anyio.create_task_group())
        self._scope.callback(tasks.cancel_scope.cancel)

        async def relay() -> None:
            async for item in read:
                await send.send(item)
            self.closed.set()  # the server ended its stream; a message under way is still told that it was not taken

        tasks.start_soon(relay)
        return receive, write


class _Posted(httpx2.AsyncBaseTransport):
    """Gives each message that was not taken an answer of our own; a stream that does not open fails with the reason."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, refused: Any) -> None:
        self._inner = inner
        self._refused = refused

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it."""
        if request.method == "GET":
            request.extensions = {**request.extensions, "timeout": {**request.extensions["timeout"], "read": None}}
        response = await self._inner.handle_async_request(request)
        if not response.is_error:
            return response
        said = await _said(response)
        if request.method == "GET":
            raise ServerDown(said[1])
        number = json.loads(request.content).get("id")
        if number is None:
            return httpx2.Response(_ACCEPTED, request=request)
        error = {"code": said[0], "message": said[1]}
        self._refused(SessionMessage(JSONRPCError.model_validate({"jsonrpc": "2.0", "id": number, "error": error})))
        return httpx2.Response(_ACCEPTED, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def _said(response: httpx2.Response) -> tuple[int, str]:
    """Our code and words for an answer that is none."""
    body = await response.aread()
    try:
        error = json.loads(body)["error"]
        return int(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return -32095, f"{response.url.host} answered HTTP {response.status_code}"
