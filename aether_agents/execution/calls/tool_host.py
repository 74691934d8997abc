"""ToolHost: what the engine asks of whatever calls tools for it. `mcp_host.pool.host.Host` is that in a worker.

The engine's own parts are loaded without the MCP library, which takes a second of a core.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from aether_agents.contracts import Json
from aether_agents.mcp_host import CallResult, Definition
from aether_agents.mcp_host.process.sandbox_grants import NOTHING, Needs
from aether_agents.mcp_host.session.call_result import NOTHING_ASKED, Consent


class ToolHost(Protocol):
    """Calls tools, from any thread. What each argument means stands at `Host`."""

    def call(
        self,
        server: str,
        tool: str,
        args: Mapping[str, Json] | None = None,
        *,
        timeout: float,
        on_progress: Callable[[float | None, str], None] | None = None,
        key: object = None,
        pin: str = "",
        hidden: tuple[str, ...] = (),
        consent: Consent = NOTHING_ASKED,
        still: Callable[[], bool] | None = None,
        needs: Needs = NOTHING,
        who: Callable[[], tuple[str, str]] | None = None,
        git: Callable[[], Mapping[str, Json] | None] | None = None,
    ) -> CallResult:
        """Call a tool and wait for its result. Never raises for a server's fault."""

    def tools(self, server: str, *, fresh: bool = False) -> tuple[Definition, ...]:
        """The tools a server lists now, pinned; with `fresh`, on a session that is opened now.

        Raises:
            ServerDown: it cannot be used.
        """

    def pin(self, server: str, tool: str) -> str | None:
        """The pin of a tool on the open session; None when there is none."""
