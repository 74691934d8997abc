"""Serving our tasks to MCP clients: over standard input and output, or over HTTP, until told to end."""

import asyncio
from collections.abc import Callable

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_server import listen
from aether_agents.mcp_server.http import PATH, http_app
from aether_agents.mcp_server.task_tools import mcp_server
from aether_agents.mcp_server.tasks import ClientTasks
from aether_agents.settings.model import AgentServerSettings, Settings
from aether_agents.telemetry import logs, tracing


def serve_stdio(settings: Settings) -> None:
    """Be the server of the client that started this process, until it closes its end."""
    _begin(settings)

    async def serving() -> None:
        tasks = ClientTasks(Service(settings))
        try:
            await mcp_server(tasks).run_stdio_async()
        finally:
            await tasks.close()

    asyncio.run(serving())


def serve_http(settings: Settings, place: AgentServerSettings, token: str, on_start: Callable[[str], None]) -> None:
    """Serve at a place, until Ctrl-C or SIGTERM; `on_start` is told the address of the server.

    Raises:
        InvalidSettings: it cannot listen there.
    """
    _begin(settings)
    app = http_app(ClientTasks(Service(settings)), token, place)
    listen(app, place, lambda address: on_start(f"{address.rstrip('/')}{PATH}"))


def _begin(settings: Settings) -> None:
    told = settings.agent_system.cli_interface
    logs.begin("mcp-server", told.logging_level, told.logging_format)
    tracing.begin("mcp-server")
