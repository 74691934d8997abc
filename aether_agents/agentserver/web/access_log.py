"""AccessLog: a line for each request to `aether-agent serve`: who, role, method, path, status, milliseconds, bytes.

Never a query, a header or a body: tokens stand there. `agentserver.access_log` says which requests.
"""

import logging
import time
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aether_agents.agentserver.service.identity import Person

log = logging.getLogger(__name__)

#: What programs ask again and again, and is left out unless `all` is logged.
PROBES = frozenset({"/health", "/live", "/metrics"})

#: Characters of a path or a name that are logged.
LONGEST = 200

#: Where whoever finds out who asks puts it.
_KEY = "aether.access"


def asked_by(scope: Scope, person: Person) -> None:
    """Say who makes a request, for its line."""
    held = scope.get(_KEY)
    if isinstance(held, dict):
        held["person"] = person


class AccessLog:
    """Wraps an application: whatever it answers is logged, its refusals and faults too."""

    def __init__(self, app: ASGIApp, which: Literal["off", "requests", "all"]) -> None:
        self._app = app
        self._which = which

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when it is over: a stream when it ends, a web socket when it closes."""
        if scope["type"] not in ("http", "websocket") or self._is_left_out(scope):
            await self._app(scope, receive, send)
            return
        line = _Line(scope)
        scope[_KEY] = line.held

        async def counted(message: Message) -> None:
            line.see(message)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            line.status = line.status or 500
            raise
        finally:
            line.write()

    def _is_left_out(self, scope: Scope) -> bool:
        return self._which == "off" or (self._which == "requests" and scope["path"] in PROBES)


class _Line:
    """What is known of one request."""

    def __init__(self, scope: Scope) -> None:
        self.held: dict[str, Person] = {}
        self.status = 0
        self._scope = scope
        self._size = 0
        self._began = time.monotonic()

    def see(self, message: Message) -> None:
        """Count what is answered."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close" and not self.status:
            self.status = 403
        self._size += len(message.get("body") or b"") + len(message.get("bytes") or message.get("text") or b"")

    def write(self) -> None:
        """Log it: as words for people, with the same as fields for `json`."""
        person = self.held.get("person")
        client = self._scope.get("client")
        told = {
            "who": (_plain(person.name) if person else "") or "-",
            "role": person.role if person else "-",
            "method": _plain(self._scope.get("method") or "WEBSOCKET"),
            "path": _plain(_path(self._scope)),
            "status": self.status or "-",  # `-`: the client went before there was an answer
            "ms": round((time.monotonic() - self._began) * 1000),
            "bytes": self._size,
            "from": _plain(client[0]) if client else "unix",
        }
        text = "{who} ({role}) {method} {path} {status} {ms} ms {bytes} bytes, from {from}".format(**told)
        log.info("%s", text, extra={"request": told})


def _path(scope: Scope) -> str:
    """As it was sent, without the query."""
    raw = scope.get("raw_path")
    text = raw.decode("latin-1") if isinstance(raw, bytes) else str(scope.get("path", ""))
    return text.partition("?")[0]


def _plain(text: str) -> str:
    """Of a text that a client chose: one line, no spaces that would make fields, of bounded length."""
    shown = "".join(one if one.isprintable() and one != " " else f"\\x{ord(one):02x}" for one in text[:LONGEST])
    return shown if len(text) <= LONGEST else f"{shown}…"
