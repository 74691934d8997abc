"""Opener: starts servers, or connects to them, and remembers what that showed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown, ServerSilent
from aether_agents.mcp_host.authorization.bearer import Bearer
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.process.fork_client import ForkClient
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.launch import launch
from aether_agents.mcp_host.process.sandbox_view import Confinement
from aether_agents.mcp_host.session.diagnosis import why_down
from aether_agents.mcp_host.session.kept_files import KeptFiles
from aether_agents.mcp_host.session.session import Session
from aether_agents.mcp_host.transport.http import HttpTransport
from aether_agents.mcp_host.transport.server_log import ServerLog
from aether_agents.mcp_host.transport.sse import SseTransport
from aether_agents.mcp_host.transport.stdio import StdioTransport
from aether_agents.process.redaction import Redactor

#: Failed starts in a row after which a server is left alone for a while: 1 s, 2 s … 30 s.
TIMEOUT, LONGEST_REST = 3, 30.0


class Limits(NamedTuple):
    """The bounds of a pool; seconds and bytes."""

    #: Seconds a server may take to connect, unless its own `timeout` says otherwise.
    connect: float = 30.0
    #: Seconds after which an unused session is closed.
    idle: float = 300.0
    #: Seconds unused after which a session is asked whether it is well before it is used.
    probe_after: float = 30.0
    #: Seconds a server may go on with a cancelled call before it is ended.
    grace: float = 10.0
    #: Bytes of one message from a server.
    message: int = 16 << 20


class _Rest(NamedTuple):
    """A server that keeps failing to start."""

    spec: ServerSpec
    failures: int
    until: float
    error: str
    kind: type[ServerDown]


class Opener:
    """Opens sessions. A server that keeps failing to start is left alone for a while."""

    def __init__(
        self,
        home: Path,
        limits: Limits,
        guard: GuardClient,
        confinement: Confinement,
        logins: LoginStore | None = None,
    ) -> None:
        self._home, self._files = home, KeptFiles(home)
        self._logins = logins
        self._confinement = confinement
        self._limits = limits
        self._guard = guard
        self._forks = ForkClient(guard, limits.idle)
        self._resting: dict[str, _Rest] = {}
        self._old: set[str] = set()  # servers that turned out to speak only the protocol of the handshake

    def timeout_of(self, spec: ServerSpec) -> float:
        """Seconds a server may take to connect."""
        return spec.timeout or self._limits.connect

    async def open(self, spec: ServerSpec, put_away: Callable[[Session], None]) -> Session:
        """An open session; one that did not open is given to `put_away`.

        Raises:
            ServerDown: it did not open, or failed so often that it is not tried now.
        """
        now = asyncio.get_running_loop().time()
        rest = self._resting.get(spec.name + spec.login)
        if rest is not None and rest.spec == spec and rest.failures >= TIMEOUT and now < rest.until:
            raise rest.kind(f"{rest.error}\nit failed {rest.failures} times; next try in {rest.until - now:.0f} s")
        try:
            session = await self._connect(spec, put_away)
        except ServerDown as error:
            failures = rest.failures + 1 if rest and rest.spec == spec else 1
            until = asyncio.get_running_loop().time() + min(2.0 ** (failures - TIMEOUT), LONGEST_REST)
            self._resting[spec.name + spec.login] = _Rest(spec, failures, until, str(error), type(error))
            raise
        self._resting.pop(spec.name + spec.login, None)
        return session

    async def _connect(self, spec: ServerSpec, put_away: Callable[[Session], None]) -> Session:
        old = spec.transport == "sse" or (spec.mode == "auto" and spec.name in self._old)
        mode = "legacy" if old else spec.mode
        session = Session(spec, self._transport(spec), mode, self._files.keep)
        timeout_of = self.timeout_of(spec)
        try:
            async with asyncio.timeout(timeout_of):
                await session.opened()
        except BaseException as error:
            self._old.discard(spec.name)
            put_away(session)
            if isinstance(error, TimeoutError):
                raise ServerSilent(why_down(spec, session.transport, None, timeout_of)) from None
            raise
        if spec.mode == "auto" and session.is_old:
            self._old.add(spec.name)  # some of them take 10 s to fail the newer protocol's question
        return session

    async def close(self) -> None:
        """Let go of what servers are started from. Bounded."""
        await self._forks.close()

    def abandon(self) -> None:
        """In a forked child: leave that to the parent."""
        self._forks.abandon()

    def _transport(self, spec: ServerSpec) -> StdioTransport | HttpTransport:
        if spec.url is not None:
            bearer = Bearer(self._logins, spec.login, spec.url) if self._logins is not None and spec.login else None
            of = SseTransport if spec.transport == "sse" else HttpTransport
            return of(spec, self._limits.message, self.timeout_of(spec), bearer)
        try:
            return StdioTransport(
                launch(spec, self._home, confinement=self._confinement),
                self._forks,
                self._guard,
                self._limits.message,
                ServerLog(self._home, spec.name, spec.hidden),
            )
        except ServerDown as error:  # it quotes the specification
            raise ServerDown(Redactor(spec.hidden).text(str(error))) from None
