"""The web application of `aether-agent serve`: a page, JSON API, Socket.IO, `/metrics`, behind one guard.

`/health` asks the store, and is what says whether requests are to be sent here; `/live` says only that this process
answers, and is what says whether it is to be started again.

`routes` is where further pages of the product join: they pass the guard, and check who asks
themselves if they must.
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import socketio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from aether_agents.agentserver.service.identity import headers_of, peer_of
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.sockets.handlers import Handle, register
from aether_agents.agentserver.web.access_log import AccessLog, asked_by
from aether_agents.agentserver.web.api import Api
from aether_agents.agentserver.web.refused_access import RefusedAccess
from aether_agents.agentserver.web.request_guard import RequestGuard, person_of
from aether_agents.errors import AetherError
from aether_agents.process.build import build

_PAGE = "page/index.html"


def web_app(service: Service, token: str, *, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The application. It closes the service when its server ends.

    Args:
        service: the way to the tasks.
        token: whoever has it is the owner of this machine's tasks.
        routes: further ones beside the built-in.
    """
    page = files(__package__).joinpath(_PAGE).read_text(encoding="utf-8")
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")  # the guard has looked at the origin
    handle = _join_sockets(sio, service, token)

    async def index(_: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(page.replace("{nonce}", nonce), headers={"Content-Security-Policy": policy})

    async def health(_: Request) -> Response:
        try:
            await service.call(lambda backend: backend.store.ping())
        except AetherError as error:
            return JSONResponse({"status": error.code, "version": build()}, 503)
        return JSONResponse({"status": "ok", "version": build()})

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": build()})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await handle.close()

    api = Api(service, token)
    own = [
        Route("/", index),
        Route("/health", health),
        Route("/live", live),
        api.numbers(),
        Mount("/api", routes=api.routes()),
    ]
    pages = Starlette(routes=[*own, *routes], lifespan=lifespan)
    place = service.settings.agentserver
    return AccessLog(RequestGuard(socketio.ASGIApp(sio, other_asgi_app=pages), place), place.access_log)


def _join_sockets(sio: socketio.AsyncServer, service: Service, token: str) -> Handle:
    """AgentServer on Socket.IO: `auth: {token}` on connecting, or a configured proxy."""
    settings, suspecting = service.settings, RefusedAccess(service)

    async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
        given = auth.get("token") if isinstance(auth, dict) else None
        peer = peer_of(environ)
        person = person_of(
            settings.agentserver,
            token,
            given if isinstance(given, str) else "",
            peer,
            lambda name: headers_of(environ, name),
        )
        asked_by(environ.get("asgi.scope", {}), person)
        if person.role == "Anonymous":
            if given:
                await suspecting.refused(peer, "a token that is not ours, on connecting")
            raise socketio.exceptions.ConnectionRefusedError("say who you are: auth {token}")
        await sio.save_session(sid, {"user": person.name, "role": person.role, "own_only": person.own_only})

    sio.on("connect", connect)
    return register(sio, settings, service=service)
