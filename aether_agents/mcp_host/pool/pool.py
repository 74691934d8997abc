"""Pool: one warm session per server, opened when it is first needed. Lives on one event loop."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from functools import partial
from pathlib import Path

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown, ServerSilent
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.pool.cancellation import CallsUnderWay, UnderWay, heard
from aether_agents.mcp_host.pool.opener import Limits, Opener
from aether_agents.mcp_host.pool.session_key import key_of, with_login
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.sandbox_grants import NOTHING, Grants, Needs
from aether_agents.mcp_host.process.sandbox_view import Confinement
from aether_agents.mcp_host.session.call_request import CallRequest, Who, call
from aether_agents.mcp_host.session.call_result import CallResult
from aether_agents.mcp_host.session.diagnosis import why_down
from aether_agents.mcp_host.session.session import Portrait, Session
from aether_agents.mcp_host.session.tool_definition import Definition
from aether_agents.mcp_host.transport.abandoned_calls import AbandonedCalls, Followed, Issued, Tell
from aether_agents.telemetry.logs import unattended

#: Seconds a server has to answer the question whether it is well.
PROBE_TIMEOUT = 3.0


class Pool:
    """The open sessions of one process. Every method runs on its loop."""

    def __init__(
        self,
        find: Callable[[str], ServerSpec | None],
        home: Path,
        limits: Limits,
        guard: GuardClient,
        confinement: Confinement,
        tell: Tell = lambda *_: None,
        logins: LoginStore | None = None,
    ) -> None:
        """`tell` hears how cancelled calls ended of which that was not known when they were cancelled."""
        self._find = find
        self._limits = limits
        self._opener = Opener(home, limits, guard, confinement, logins)
        self._logins = logins
        self._grants = Grants(home, confinement)
        self._calls = CallsUnderWay()
        self._abandoned = AbandonedCalls(limits.grace, self._let_end, tell)
        self.starts: dict[str, int] = {}  # sessions opened so far, by server
        self.sessions: dict[str, Session] = {}
        self._attempts: dict[str, asyncio.Task[Session]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._sweeper = asyncio.create_task(self._sweep(), name="mcp-sweeper", context=Context())

    async def call(self, request: CallRequest, key: object = None) -> CallResult:
        """Call a tool, on a warm session if there is one. `cancel(key)` ends it."""
        issued = Issued()
        with self._calls.begin(key) as under_way:
            try:
                return await self._send(request._replace(issued=issued), under_way)
            except asyncio.CancelledError:
                if not under_way.caught():
                    raise
        lingers = under_way.sent and await self._abandoned.follow(issued, key)
        return CallResult(error="the call was cancelled", kind="cancelled", sent=under_way.sent, lingers=lingers)

    def cancel(self, key: object) -> None:
        """Cancel the calls of a key; their servers hear of it."""
        self._calls.cancel(key)

    async def _send(self, request: CallRequest, under_way: UnderWay) -> CallResult:
        """Send a request. One that certainly did not reach its server is sent once more, to a fresh
        session; any other is never sent twice."""
        while True:
            known = self._known(request.server, request.who)
            try:
                session = await self.session(request.server, request.needs, request.who)
            except ServerDown as error:
                return CallResult(None, str(error), "transport", sent=False, silent=isinstance(error, ServerSilent))
            under_way.sent = True
            result = await call(request, session)
            under_way.sent = result.sent
            if result.sent or result.kind != "transport" or session is not known:
                return result
            self._retire(session)

    async def tools(self, server: str, since: float = float("-inf")) -> tuple[Definition, ...]:
        """List a server's tools now, on a session that began `since` (a time of this loop) or later.

        Raises:
            ServerDown: it cannot be used; the error has its last words and the fix.
        """
        known = self._known(server)
        if known is not None and known.began < since:
            self._retire(known)
            known = None
        session = await self.session(server)
        if session is known:
            try:
                async with asyncio.timeout(self._opener.timeout_of(session.spec)):
                    await session.list()
            except Exception as error:  # noqa: BLE001 - whatever a server does wrong when it lists
                self._retire(session)
                raise ServerDown(why_down(session.spec, session.transport, error)) from None
        return tuple(session.definitions.values())

    def pin(self, server: str, tool: str) -> str | None:
        """The pin of a tool on the open session; None when it is not open, has no such tool, or says it has changed."""
        session = self._open(server)
        definition = session.definitions.get(tool) if session and session.alive and not session.stale else None
        return definition.pin if definition else None

    def portrait(self, server: str) -> Portrait | None:
        """What a server is, if its session is open."""
        session = self._open(server)
        return session.portrait() if session else None

    async def session(self, server: str, needs: Needs = NOTHING, who: Who | None = None) -> Session:
        """An open, well session of a server that sees what a call needs.

        Raises:
            ServerDown: there is no such server, it may not be started, or it cannot be used.
        """
        while True:
            spec = self._spec(server, needs, who)
            if (warm := self._warm(spec)) is not None:
                return warm
            attempt = self._attempts.get(key := key_of(spec))
            if attempt is None:
                # One attempt, however many wait for it: they share its session, or its failure. A caller
                # who gives up does not end it for the others.
                attempt = self._attempts[key] = asyncio.create_task(
                    self._ready(spec), name=f"mcp-open-{server}", context=unattended()
                )
                attempt.add_done_callback(partial(self._attempts.pop, key))
                attempt.add_done_callback(heard)
            session = await asyncio.shield(attempt)
            if session.spec == spec:
                return session  # else it was opened for a call that needs less than this one

    async def close(self) -> None:
        """Close every session, all at once. Bounded by what each transport allows itself."""
        self._sweeper.cancel()
        self._abandoned.close()
        if attempts := list(self._attempts.values()):
            for attempt in attempts:
                attempt.cancel()
            await asyncio.wait(attempts)
        for session in list(self.sessions.values()):
            self._retire(session, now=True)
        if self._closing:
            await asyncio.wait(self._closing)
        await self._opener.close()

    def abandon(self) -> None:
        """In a forked child: close the copies of the servers' pipes."""
        self._opener.abandon()
        for session in self.sessions.values():
            session.transport.abandon()

    def _spec(self, server: str, needs: Needs, who: Who | None) -> ServerSpec:
        spec = self._find(server)
        if spec is None:
            while (known := self._open(server)) is not None:
                self._retire(known)
            raise ServerDown(f"no server `{server}` is known here; `aether-agent servers list` shows them")
        if not spec.trusted:
            raise ServerDown(f"server `{server}` of {spec.source} is not trusted: look at it with `aether-agent trust`")
        if spec.url is not None:
            return with_login(spec, self._logins, who)
        if server not in self.sessions and server not in self._attempts:
            self._grants.forget(server)
        spec = self._grants.widened(spec, needs)
        if self._grants.outlived(server) and (known := self.sessions.get(server)) is not None:
            self._retire(known)
        return spec

    def _known(self, server: str, who: Who | None = None) -> Session | None:
        """The session that a call would be made on."""
        spec = self._find(server)
        return self.sessions.get(key_of(with_login(spec, self._logins, who)) if spec else server)

    def _open(self, server: str) -> Session | None:
        """Any session of a server."""
        return next((session for session in self.sessions.values() if session.spec.name == server), None)

    async def _ready(self, spec: ServerSpec) -> Session:
        """The known session if it is well, or a new one."""
        if (known := self.sessions.get(key_of(spec))) is not None:
            if await self._is_well(known, spec):
                return known
            self._retire(known)
        self.starts[spec.name] = self.starts.get(spec.name, 0) + 1
        opened = self.sessions[key_of(spec)] = await self._opener.open(spec, self._put_away)
        return opened

    def _warm(self, spec: ServerSpec) -> Session | None:
        session = self.sessions.get(key_of(spec))
        if session is None or not session.alive or session.suspect or session.stale or session.spec != spec:
            return None
        idle = asyncio.get_running_loop().time() - session.last_used
        return session if session.inflight or idle <= self._limits.probe_after else None

    async def _is_well(self, session: Session, spec: ServerSpec) -> bool:
        """Ask a session that is suspect, was not used for long, or says that they have changed, for its tools.

        One that does not answer is put aside by the caller, not killed: it may be slow for a good
        reason, and the calls under way on it must live. It ends when they do.
        """
        if not session.alive or session.spec != spec:
            return False
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                await session.list()
        except Exception:  # noqa: BLE001 - whatever it does wrong, it is replaced
            return False
        session.suspect = False
        session.last_used = asyncio.get_running_loop().time()
        return session.alive

    def _retire(self, session: Session, *, now: bool = False) -> None:
        """Use a session no more; it is closed when its last call has ended."""
        if self.sessions.get(key_of(session.spec)) is session:
            del self.sessions[key_of(session.spec)]
        self._put_away(session, now=now)

    def _let_end(self, session: Followed) -> None:
        if isinstance(session, Session):
            self._retire(session)

    def _put_away(self, session: Session, *, now: bool = True) -> None:
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
            for session in list(self.sessions.values()):
                if not session.alive or (not session.inflight and loop.time() - session.last_used > self._limits.idle):
                    self._retire(session)
