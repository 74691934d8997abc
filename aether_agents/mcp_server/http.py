"""The MCP server over streamable HTTP: for who has its token; host and origin of each request are checked."""

import secrets

from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aether_agents.agentserver.web.request_guard import RequestGuard
from aether_agents.mcp_server.task_tools import mcp_server
from aether_agents.mcp_server.tasks import ClientTasks
from aether_agents.settings.model import AgentServerSettings

#: Where it is served.
PATH = "/mcp"


class TokenHolders:
    """Wraps an application: who has not the token hears nothing of it."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] in ("http", "websocket"):
            said = Headers(scope=scope).getlist("authorization")
            scheme, _, given = said[0].partition(" ") if len(said) == 1 else ("", "", "")
            known = secrets.compare_digest(given.strip().encode("utf-8", "replace"), self._token)
            if scheme.lower() != "bearer" or not known:
                refused = {"error": "unauthorized", "error_description": "send `Authorization: Bearer TOKEN`"}
                await JSONResponse(refused, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
                return
        await self._app(scope, receive, send)


def http_app(tasks: ClientTasks, token: str, place: AgentServerSettings) -> ASGIApp:
    """The application: guard, token, MCP."""
    app = mcp_server(tasks).streamable_http_app(
        streamable_http_path=PATH,
        # The guard outside has the addresses that the settings name; the library's own list has none but its own.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return RequestGuard(TokenHolders(app, token), place)
