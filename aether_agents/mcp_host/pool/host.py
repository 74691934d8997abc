"""Host: calls tools of MCP servers, from any thread, on warm sessions. One per worker process.

Opened lazily: nothing is started before the first call, and a forked child starts afresh. One
event loop on one daemon thread serves all sessions of the process.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from pathlib import Path

from aether_agents.contracts import Json, ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.authorization.login_store import LoginStore
from aether_agents.mcp_host.pool.event_loop import EventLoop
from aether_agents.mcp_host.pool.opener import Limits
from aether_agents.mcp_host.pool.progress import ProgressReports
from aether_agents.mcp_host.process.sandbox_grants import NOTHING, Needs
from aether_agents.mcp_host.process.sandbox_view import UNCONFINED, Confinement
from aether_agents.mcp_host.session.call_request import CallRequest, Who
from aether_agents.mcp_host.session.call_result import NOTHING_ASKED, CallResult, Consent
from aether_agents.mcp_host.session.session import Portrait
from aether_agents.mcp_host.session.tool_definition import Definition
from aether_agents.mcp_host.transport.abandoned_calls import Tell
from aether_agents.process.git_identity import WANTED

Servers = Mapping[str, ServerSpec] | Callable[[], Mapping[str, ServerSpec]]

#: Seconds beyond all its own limits after which a call is given up: the loop itself must be stuck.
MARGIN = 20.0

_hosts: "weakref.WeakSet[Host]" = weakref.WeakSet()
#: What a forked child inherited and must neither use nor collect: collecting would end the parent's servers.
_inherited: list[EventLoop] = []


class Host:
    """The MCP servers of one process. Thread-safe; survives a fork by starting anew in the child.

    Its servers are confined as it is told (`confinement_of` the settings): without being told, they are not.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        home: Path,
        connect_timeout: float = 30.0,
        limits: Limits | None = None,
        confinement: Confinement = UNCONFINED,
        tell: Tell = lambda *_: None,
        logins: LoginStore | None = None,
    ) -> None:
        """`tell` hears, on the loop's thread, how a cancelled call ended that might still have been running.

        `logins` are those of this home; without them, servers that ask for one refuse us.
        """
        self._confinement = confinement
        self._servers = servers
        self._home = home
        self._limits = (limits or Limits())._replace(connect=connect_timeout)
        self._tell = tell
        self._logins = logins
        self._lock = threading.Lock()
        self._state: EventLoop | None = None
        self._closed = False
        _hosts.add(self)

    def call(
        self,
        server: str,
        tool: str,
        args: Mapping[str, Json] | None = None,
        *,
        timeout: float,
        on_progress: Callable[[float | None, str], None] | None = None,
        key: object = None,
        pin: str = "",
        hidden: tuple[str, ...] = (),
        consent: Consent = NOTHING_ASKED,
        still: Callable[[], bool] | None = None,
        needs: Needs = NOTHING,
        who: Callable[[], Who] | None = None,
        git: Callable[[], Mapping[str, Json] | None] | None = None,
    ) -> CallResult:
        """Call a tool and wait for its result. Never raises for a server's fault.

        `timeout` is for the call; connecting has its own. `on_progress` is called in this thread,
        with the fraction done (None if unknown) and a message; if it is slow, updates are dropped.
        `key` names the call for `cancel`. With a `pin`, a tool with another definition is not called.
        A question of the server's is answered from `consent`; any other ends the call, and is in the result (`asked`).
        `hidden` is redacted from all that comes back, as is what the server's specification hides.
        `needs` are the paths that the call names: a confined server sees those, its own, and no others.
        `who` tells, where a server asks for a login, whose it is made with: the owner and the context of its task.
        `git` tells a server of ours that looks at repositories the git identity of whose task it is.
        `still` is asked on the loop the moment before the request is sent: where it says no, the call is cancelled.
        A request that may have reached its server is never sent again. An exception raised in this
        thread meanwhile cancels the call and goes on.
        """
        try:
            running = self._running()
        except ServerDown as error:
            return CallResult(error=str(error), kind="transport", sent=False)
        box = ProgressReports()
        progress, whose = (box.put if on_progress else None), self._whose(server, who)
        request = CallRequest(
            server,
            tool,
            args or {},
            timeout,
            progress,
            pin,
            hidden,
            still,
            consent,
            needs,
            who=whose,
            git=self._git(server, git),
        )
        job = running.submit(running.pool.call(request, key))
        job.add_done_callback(box.close)
        limit = self._connect_timeout(server) * 2 + timeout + MARGIN
        try:
            for heard in box.follow(limit):
                if on_progress is not None:
                    on_progress(*heard)
            return job.result(timeout=0)
        except CancelledError:
            return CallResult(error="this worker is shutting down", kind="cancelled")
        except TimeoutError:
            return CallResult(error="the MCP host does not answer; restart this worker", kind="timeout")
        finally:
            job.cancel()

    def cancel(self, key: object) -> None:
        """Cancel the calls made with this key; each server hears of it, and each call returns `cancelled`."""
        running = self._state
        if running is not None:
            running.cancel(key)

    def tools(self, server: str, *, fresh: bool = False) -> tuple[Definition, ...]:
        """The tools a server lists now, pinned. `catalogue_tools` makes the catalogue's of them.

        `fresh` asks a session that is opened now: a process that runs for long may still have what it had then. Calls
        under way go on to their end where they are.

        Raises:
            ServerDown: it cannot be used; the error has its last words and the fix.
        """
        running = self._running()
        since = time.monotonic() if fresh else float("-inf")
        job = running.submit(running.pool.tools(server, since))
        try:
            return job.result(timeout=self._connect_timeout(server) * 2 + MARGIN)
        except CancelledError:
            raise ServerDown("this worker is shutting down") from None
        except TimeoutError:
            raise ServerDown("the MCP host does not answer; restart this worker") from None
        finally:
            job.cancel()

    def pin(self, server: str, tool: str) -> str | None:
        """The pin of a tool on the open session; None when it is not open, has no such tool, or says it has changed."""
        running = self._state
        return running.pool.pin(server, tool) if running is not None else None

    def starts(self) -> dict[str, int]:
        """How many sessions of each server were opened in this process, those that failed to open too."""
        running = self._state
        return dict(running.pool.starts) if running is not None else {}

    def processes(self) -> dict[tuple[str, str], list[int]]:
        """The processes of open sessions, by queue and server."""
        running, found = self._state, dict[tuple[str, str], list[int]]()
        for one in list(running.pool.sessions.values()) if running is not None else ():
            if one.pid is not None:
                found.setdefault((one.spec.queue, one.spec.name), []).append(one.pid)
        return found

    def portrait(self, server: str) -> Portrait | None:
        """What a server is, as its open session knows it; None when it is not open."""
        running = self._state
        return running.pool.portrait(server) if running is not None else None

    def close(self) -> None:
        """End all sessions and servers, within ten seconds. May be called twice, and from any thread."""
        with self._lock:
            running, self._state, self._closed = self._state, None, True
        if running is not None:
            running.close()

    def _running(self) -> EventLoop:
        with self._lock:
            if self._closed:
                raise ServerDown("this worker is shutting down")
            if self._state is None:
                self._state = EventLoop(
                    self._find, self._home, self._limits, self._confinement, self._tell, self._logins
                )
            return self._state

    def _whose(self, server: str, who: Callable[[], Who] | None) -> Who | None:
        """For whom a call is made, asked only where somebody is logged in: it may take a look into the store."""
        spec = self._find(server)
        if who is None or self._logins is None or spec is None or spec.url is None:
            return None
        return who() if self._logins.someone(spec.url) else ("", "")

    def _git(self, server: str, git: Callable[[], Mapping[str, Json] | None] | None) -> Mapping[str, Json] | None:
        """The git identity that a call is made with, asked only for servers of ours that want one."""
        spec = self._find(server)
        return git() if git is not None and spec is not None and spec.bundled and WANTED in spec.env else None

    def _find(self, server: str) -> ServerSpec | None:
        servers = self._servers if isinstance(self._servers, Mapping) else self._servers()
        return servers.get(server)

    def _connect_timeout(self, server: str) -> float:
        spec = self._find(server)
        return (spec.timeout if spec else None) or self._limits.connect

    def abandon(self) -> None:
        """In a forked child: leave the parent's sessions to the parent, and be as if nothing was opened."""
        self._lock = threading.Lock()  # the parent's may be held by a thread that was not copied
        state, self._state = self._state, None
        if state is not None:
            state.abandon()
            _inherited.append(state)


def _abandon_all() -> None:
    for host in list(_hosts):
        host.abandon()


os.register_at_fork(after_in_child=_abandon_all)
