"""Outbox: the way out of a session, which notes to which call each request belongs."""

from collections.abc import MutableMapping
from typing import Self

from anyio.streams.memory import MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCRequest

from aether_agents.mcp_host.transport.abandoned_calls import ISSUED, Issued

#: Calls without an answer, by the number of their request.
Book = MutableMapping[int | str, Issued]


class Outbox:
    """A stream that MCP's session sends through, in the task of whoever calls."""

    def __init__(self, stream: MemoryObjectSendStream[SessionMessage], book: Book) -> None:
        self._stream = stream
        self._book = book

    async def send(self, item: SessionMessage) -> None:
        """Send a message."""
        issued = ISSUED.get()
        if issued is not None and isinstance(item.message, JSONRPCRequest) and item.message.method == "tools/call":
            self._book[item.message.id] = issued
        await self._stream.send(item)

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
