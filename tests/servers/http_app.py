"""Serves an MCP server over HTTP on loopback, behind a static token. Beside `echo.py`."""

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


class _HttpApp:
    """Lets in only who has the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and Request(scope).headers.get("authorization") != f"Bearer {self._token}":
            response: Response = PlainTextResponse("who are you?", status_code=401)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def serve(server: MCPServer, port: int, token: str, *, older: bool = False) -> None:
    """Serve until killed; `older`: over the transport before streamable HTTP, at `/sse`."""
    app = _HttpApp(server.sse_app(host="127.0.0.1") if older else server.streamable_http_app(host="127.0.0.1"), token)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
