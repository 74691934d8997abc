"""Pool: one warm session per server, opened when it is first needed. Lives on one event loop."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import Json, ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.call import CallResult
from aether_agents.mcp_host.calling import Progress, call
from aether_agents.mcp_host.definition import Definition
from aether_agents.mcp_host.diagnosis import why_down
from aether_agents.mcp_host.environment import launch
from aether_agents.mcp_host.http import HttpTransport
from aether_agents.mcp_host.lifeline import Lifeline
from aether_agents.mcp_host.session import Session
from aether_agents.mcp_host.stdio import StdioTransport

#: Seconds a server has to answer the question whether it is well.
PROBE_TIMEOUT = 3.0
#: Failed starts in a row after which a server is left alone for a while: 1 s, 2 s … 30 s.
PATIENCE, LONGEST_REST = 3, 30.0


class Limits(NamedTuple):
    """The bounds of a pool; seconds and bytes."""

    #: Seconds a server may take to connect, unless its own `timeout` says otherwise.
    connect: float = 30.0
    #: Seconds after which an unused session is closed.
    idle: float = 300.0
    #: Seconds unused after which a session is asked whether it is well before it is used.
    probe_after: float = 30.0
    #: Bytes of one message from a server.
    message: int = 16 << 20


class _Rest(NamedTuple):
    """A server that keeps failing to start."""

    failures: int
    until: float
    error: str


class Pool:
    """The open sessions of one process. Every method runs on its loop."""

    def __init__(
        self, find: Callable[[str], ServerSpec | None], home: Path, limits: Limits, lifeline: Lifeline
    ) -> None:
        self._find = find
        self._home = home
        self._limits = limits
        self._lifeline = lifeline
        self._sessions: dict[str, Session] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._resting: dict[str, _Rest] = {}
        self._old: set[str] = set()  # servers that turned out to speak only the protocol of the handshake
        self._sweeper = asyncio.create_task(self._sweep(), name="mcp-sweeper")

    async def call(
        self, server: str, tool: str, args: Mapping[str, Json], seconds: float, progress: Progress | None
    ) -> CallResult:
        """Call a tool, on a warm session if there is one.

        A request that certainly did not reach its server is sent once more, to a fresh session;
        any other is never sent twice.
        """
        result = CallResult(kind="transport", sent=False)
        for _ in range(2):
            known = self._sessions.get(server)
            try:
                session = await self.session(server)
            except ServerDown as error:
                return CallResult(error=str(error), kind="transport", sent=False)
            result = await call(session, tool, args, seconds, progress)
            if result.sent or session is not known:
                break
            self._retire(session)
        return result

    async def tools(self, server: str) -> tuple[Definition, ...]:
        """List a server's tools now.

        Raises:
            ServerDown: it cannot be used; the error has its last words and the mend.
        """
        known = self._sessions.get(server)
        session = await self.session(server)
        if session is known:
            try:
                async with asyncio.timeout(self._patience(session.spec)):
                    await session.list()
            except Exception as error:  # noqa: BLE001 - whatever a server does wrong when it lists
                self._retire(session)
                raise ServerDown(why_down(session.spec, session.transport, error)) from None
        return tuple(session.definitions.values())

    def pin(self, server: str, tool: str) -> str | None:
        """The pin of a tool on the open session; None when it is not open or has no such tool."""
        session = self._sessions.get(server)
        definition = session.definitions.get(tool) if session and session.alive else None
        return definition.pin if definition else None

    async def session(self, server: str) -> Session:
        """An open, well session of a server.

        Raises:
            ServerDown: there is no such server, it may not be started, or it cannot be used.
        """
        spec = self._spec(server)
        if (warm := self._warm(spec)) is not None:
            return warm
        async with self._opening.setdefault(server, asyncio.Lock()):  # one start, however many wait for it
            if (warm := self._warm(spec)) is not None:
                return warm
            if (known := self._sessions.get(server)) is not None:
                if await self._is_well(known, spec):
                    return known
                self._retire(known)
            return await self._open(spec)

    async def close(self) -> None:
        """Close every session, all at once. Bounded by what each transport allows itself."""
        self._sweeper.cancel()
        for session in list(self._sessions.values()):
            self._retire(session, now=True)
        if self._closing:
            await asyncio.wait(self._closing)

    def abandon(self) -> None:
        """In a forked child: close the copies of the servers' pipes."""
        for session in self._sessions.values():
            session.transport.abandon()

    def _spec(self, server: str) -> ServerSpec:
        spec = self._find(server)
        if spec is None:
            if (known := self._sessions.get(server)) is not None:
                self._retire(known)
            raise ServerDown(f"no server `{server}` is known here; `aether-agent servers list` shows them")
        if not spec.trusted:
            raise ServerDown(f"server `{server}` of {spec.source} is not trusted: look at it with `aether-agent trust`")
        return spec

    def _warm(self, spec: ServerSpec) -> Session | None:
        session = self._sessions.get(spec.name)
        if session is None or not session.alive or session.suspect or session.spec != spec:
            return None
        idle = asyncio.get_running_loop().time() - session.last_used
        return session if session.inflight or idle <= self._limits.probe_after else None

    async def _is_well(self, session: Session, spec: ServerSpec) -> bool:
        """Ask a session that is suspect, or was not used for long, for its tools.

        One that is suspect and still busy is not asked: it may be slow for a good reason, and the
        calls under way must live. It is put aside, and ends when they do.
        """
        if not session.alive or session.spec != spec or (session.suspect and session.inflight):
            return False
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                await session.list()
        except Exception:  # noqa: BLE001 - whatever it does wrong, it is replaced
            return False
        session.suspect = False
        session.last_used = asyncio.get_running_loop().time()
        return session.alive

    async def _open(self, spec: ServerSpec) -> Session:
        now = asyncio.get_running_loop().time()
        rest = self._resting.get(spec.name)
        if rest is not None and rest.failures >= PATIENCE and now < rest.until:
            raise ServerDown(f"{rest.error}\nit failed {rest.failures} times; next try in {rest.until - now:.0f} s")
        try:
            session = await self._connect(spec)
        except ServerDown as error:
            failures = rest.failures + 1 if rest else 1
            until = asyncio.get_running_loop().time() + min(2.0 ** (failures - PATIENCE), LONGEST_REST)
            self._resting[spec.name] = _Rest(failures, until, str(error))
            raise
        self._resting.pop(spec.name, None)
        self._sessions[spec.name] = session
        return session

    async def _connect(self, spec: ServerSpec) -> Session:
        mode = "legacy" if spec.mode == "auto" and spec.name in self._old else spec.mode
        session = Session(spec, self._transport(spec), mode)
        patience = self._patience(spec)
        try:
            async with asyncio.timeout(patience):
                await session.opened()
        except BaseException as error:
            self._old.discard(spec.name)
            self._retire(session, now=True)
            if isinstance(error, TimeoutError):
                raise ServerDown(why_down(spec, session.transport, None, patience)) from None
            raise
        if spec.mode == "auto" and session.is_old:
            self._old.add(spec.name)  # some of them take 10 s to fail the newer protocol's question
        return session

    def _transport(self, spec: ServerSpec) -> StdioTransport | HttpTransport:
        if spec.url is not None:
            return HttpTransport(spec, self._limits.message, self._patience(spec))
        return StdioTransport(launch(spec, self._home), self._lifeline, self._limits.message)

    def _patience(self, spec: ServerSpec) -> float:
        return spec.timeout or self._limits.connect

    def _retire(self, session: Session, *, now: bool = False) -> None:
        """Use a session no more; it is closed when its last call has ended."""
        if self._sessions.get(session.spec.name) is session:
            del self._sessions[session.spec.name]
        task = asyncio.create_task(self._close(session, now), name=f"mcp-close-{session.spec.name}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, session: Session, now: bool) -> None:
        while session.inflight and session.alive and not now:  # noqa: ASYNC110 - every call has its time limit
            await asyncio.sleep(0.1)
        await session.close()

    async def _sweep(self) -> None:
        """Close what was not used for long, and put away what has ended."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(15.0, self._limits.idle / 2))
            for session in list(self._sessions.values()):
                if not session.alive or (not session.inflight and loop.time() - session.last_used > self._limits.idle):
                    self._retire(session)
