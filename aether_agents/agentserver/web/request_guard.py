"""RequestGuard: what every request to `aether-agent serve` passes: the right host, the right origin, and who it is."""

import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aether_agents.agentserver.service.identity import HERE, NOBODY, Person, Said, from_proxy
from aether_agents.settings.model import AgentServerSettings

#: Whoever has the token is who started the server.
HOLDER = Person(HERE, "Owner")

#: What every answer says to a browser. Nothing is loaded from elsewhere, and nobody may frame the page.
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class RequestGuard:
    """Wraps an application. A browser at another site, or at a name that leads here by trickery, is refused."""

    def __init__(self, app: ASGIApp, settings: AgentServerSettings) -> None:
        self._app = app
        self._origins = {origin.rstrip("/") for origin in settings.origins}
        self._hosts = {"localhost", "127.0.0.1", "::1", settings.host, *map(_name, self._origins)}
        self._anywhere = not is_loopback(settings.host)  # then others reach it by names that we cannot know

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._may_pass(headers):
            said = {"code": "not_allowed", "error": "this origin may not: see agentserver.origins"}
            await JSONResponse(said, 403)(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *SECURITY]
            await send(message)

        await self._app(scope, receive, secured)

    def _may_pass(self, headers: Headers) -> bool:
        host = headers.get("host", "")
        if not self._anywhere and _name(f"//{host}") not in self._hosts:
            return False
        origin = headers.get("origin")
        return origin is None or (bool(host) and _place(origin) == host) or origin in self._origins


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def person_of(settings: AgentServerSettings, token: str, given: str, peer: str, headers: Said) -> Person:
    """Who asks: the holder of the token, or whom a configured proxy names; otherwise nobody."""
    if given and secrets.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return HOLDER
    return NOBODY if given else from_proxy(settings, peer, headers)


def _place(origin: str) -> str:
    """Host and port of an origin; nothing for one that is malformed."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
