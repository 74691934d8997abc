"""Serving the web application with uvicorn, until told to end."""

import gc
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import socket

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.request_deadline import DeadlineProtocol
from aether_agents.agentserver.web.token import read_token
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import AgentServerSettings, Settings
from aether_agents.telemetry import logs, tracing

#: Turns of uvicorn's main loop, ten a second, between two signs of life.
SIGN_EVERY = 100

#: Seconds that open streams get to end when the server does.
FAREWELL = 3


def serve(settings: Settings, on_start: Callable[[str, str], None], *, routes: Sequence[BaseRoute] = ()) -> None:
    """Serve where the settings say, until Ctrl-C or SIGTERM.

    Args:
        settings: `agentserver` says where; with a broker they lead to it, else to the embedded stack.
        on_start: told its address and the token, once it listens.
        routes: further ones beside the built-in.

    Raises:
        InvalidSettings: the token cannot be read, or it cannot listen there.
    """
    told = settings.agent_system.cli_interface
    logs.begin("agentserver", told.logging_level, told.logging_format)
    tracing.begin("agentserver")
    token = read_token(settings)
    app = web_app(Service(settings), token, routes=routes)
    listen(app, settings.agentserver, lambda address: on_start(address, token), settings.delivery.alive_file)


def listen(
    app: ASGIApp, place: AgentServerSettings, on_start: Callable[[str], None], alive: Path | None = None
) -> None:
    """Serve an application at a place, until Ctrl-C or SIGTERM; `alive` is touched while its loop turns.

    Raises:
        InvalidSettings: it cannot listen there.
    """
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        http=DeadlineProtocol,
        log_level="warning",
        log_config=None,  # its lines go where ours go
        proxy_headers=False,  # who asks is said by `agentserver.proxies`, and by nothing else
        server_header=False,
        timeout_graceful_shutdown=FAREWELL,
    )
    server = _Server(config, on_start, alive)
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn ends in good order, and then raises it once more
    try:
        server.run()
    except SystemExit:  # uvicorn's word for a port that is taken
        where = f"{place.host}:{place.port}"
        raise InvalidSettings(f"cannot listen on {where}: choose another with --port, or 0 for a free one") from None


def settle() -> None:
    """Have the garbage collector leave alone what is here now: imports and the application, which stay till the end.

    Looking through them holds everybody up for a tenth of a second, again and again, and finds nothing.
    """
    gc.collect()
    gc.freeze()


class _Server(uvicorn.Server):
    """A server that says where it listens."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[str], None], alive: Path | None) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._alive = alive

    async def on_tick(self, counter: int) -> bool:
        """As uvicorn does, ten times a second; a sign of life with each hundredth."""
        if self._alive is not None and counter % SIGN_EVERY == 0:
            self._alive.touch()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does."""
        await super().startup(sockets)
        if self.started:
            settle()
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_start(f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/")
