"""EventLoop: the event loop, its thread, and all that lives on it. Never crosses a fork."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.pool.opener import Limits
from aether_agents.mcp_host.pool.pool import Pool
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.sandbox_view import Confinement
from aether_agents.mcp_host.transport.abandoned_calls import Tell

Got = TypeVar("Got")

#: Seconds that closing all sessions may take before the guard is left to it.
CLOSE_TIMEOUT = 8.0


class EventLoop:
    """One loop on one daemon thread, with the pool of sessions on it."""

    def __init__(
        self,
        find: Callable[[str], ServerSpec | None],
        home: Path,
        limits: Limits,
        confinement: Confinement,
        tell: Tell,
        logins: LoginStore | None = None,
    ) -> None:
        self._guard = GuardClient()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mcp-host", daemon=True)
        self._thread.start()

        async def opened() -> Pool:
            return Pool(find, home, limits, self._guard, confinement, tell, logins)

        self.pool: Pool = asyncio.run_coroutine_threadsafe(opened(), self._loop).result()

    def submit(self, work: Coroutine[Any, Any, Got]) -> Future[Got]:
        """Run a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def cancel(self, key: object) -> None:
        """Cancel the calls of this key, from any thread."""
        self._loop.call_soon_threadsafe(self.pool.cancel, key)

    def close(self) -> None:
        """Close all sessions and end the thread. What does not end in time is left to the guard."""
        with contextlib.suppress(TimeoutError):
            self.submit(self._close()).result(timeout=CLOSE_TIMEOUT)
        self._guard.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=2)
        if not self._thread.is_alive():
            self._loop.close()

    def abandon(self) -> None:
        """In a forked child: close the copies of the servers' pipes, so that only the parent holds them."""
        self.pool.abandon()

    async def _close(self) -> None:
        await self.pool.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
