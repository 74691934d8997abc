"""Watching for a server that says its tools have changed, in the way of its protocol's era."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mcp import Client, MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

log = logging.getLogger(__name__)

#: The notification of the protocols that begin with a handshake.
TOOLS_CHANGED = "notifications/tools/list_changed"

Changed = Callable[[], None]


class ListChanged:
    """Receives what a server of the older protocols says unasked."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed

    async def __call__(self, message: object) -> None:
        if getattr(message, "method", None) == TOOLS_CHANGED:
            self._changed()


@asynccontextmanager
async def watched(client: Client, changed: Changed) -> AsyncIterator[None]:
    """While open, a server of 2026-07-28 that can tell of changed tools is listened to. It never fails."""
    tools = client.server_capabilities.tools
    # A server whose era was pinned was never asked what it can do (None): then it is simply tried.
    cannot = tools is not None and not tools.list_changed
    if client.protocol_version not in MODERN_PROTOCOL_VERSIONS or cannot:
        yield
        return
    listener = asyncio.create_task(_listen(client, changed), name="mcp-listen")
    try:
        yield
    finally:
        listener.cancel()
        await asyncio.wait([listener], timeout=1)


async def _listen(client: Client, changed: Changed) -> None:
    try:
        async with client.listen(tools_list_changed=True) as events:
            async for _ in events:
                changed()
    except (MCPError, RuntimeError, OSError) as error:  # RuntimeError: the SDK's word for a lost subscription
        log.debug("not told of changed tools any more: %s", error)
