"""Session: one conversation with one server, opened and closed by one task that owns it."""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

from mcp import Client
from mcp.types import CallToolResult, Implementation
from mcp.types import Tool as McpTool
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from aether_agents import __version__
from aether_agents.contracts import Annotations, Json, ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.session.answer_content import Keep
from aether_agents.mcp_host.session.answer_repair import TolerantTransport, notes_of
from aether_agents.mcp_host.session.diagnosis import why_down
from aether_agents.mcp_host.session.elicitation import Answering
from aether_agents.mcp_host.session.list_changed import ListChanged, watched
from aether_agents.mcp_host.session.tool_definition import Definition, pin
from aether_agents.mcp_host.transport.stderr_tail import StderrTail
from aether_agents.process.redaction import Redactor
from aether_agents.telemetry import tracing

#: The most a server may list. Real servers have up to a hundred tools; more pages are a loop.
MAX_PAGES, MAX_TOOLS = 100, 5_000
#: Seconds a session has to close: its transport ends a process within four.
CLOSE_TIMEOUT = 5.0

log = logging.getLogger(__name__)


class Portrait(NamedTuple):
    """What a server is, as its open session knows it."""

    #: Version of the protocol that is spoken, such as `2026-07-28`.
    protocol: str
    #: What the server calls itself.
    name: str
    version: str
    #: The last lines on its standard output that were no messages.
    noise: tuple[str, ...]


class Transport(Protocol):
    """What a session needs to know of its connection, beside MCP's own streams."""

    #: Set when nothing more will be exchanged: by the transport, or by the session to close it.
    closed: asyncio.Event
    stderr: StderrTail
    noise: StderrTail

    @property
    def alive(self) -> bool: ...
    @property
    def status(self) -> int | None: ...
    def abandon(self) -> None: ...


class Session:
    """An open conversation. Entered and left by its own task; called from any task of its loop."""

    def __init__(self, spec: ServerSpec, transport: Transport, mode: str, keep: Keep | None = None) -> None:
        self.spec = spec
        #: Keeps images, sounds and other bytes of answers.
        self.keep = keep
        #: What of its specification may not be shown.
        self.hidden = Redactor(spec.hidden)
        self.transport = transport
        self.mode = mode
        self.client: Client | None = None
        self.definitions: dict[str, Definition] = {}
        self.failure: BaseException | None = None
        #: Calls under way.
        self.inflight = 0
        #: A call timed out: the server may be stuck, so it is asked before it is used again.
        self.suspect = False
        #: The server said that its tools have changed.
        self.stale = False
        self.began = self.last_used = asyncio.get_running_loop().time()
        #: Answers what the server asks during calls.
        self.answering = Answering()
        self._opened = asyncio.Event()
        self._owner = asyncio.create_task(self._own(), name=f"mcp-{spec.name}")

    @property
    def alive(self) -> bool:
        """Whether a call could be sent."""
        return self.client is not None and not self._owner.done() and self.transport.alive

    @property
    def over(self) -> bool:
        """Whether it is closed, and its server has ended if it is a process of ours."""
        return self._owner.done()

    @property
    def remote(self) -> bool:
        """Whether its server is none of our processes."""
        return self.spec.url is not None

    @property
    def pid(self) -> int | None:
        """The process that was started for it; None where there is none, or none yet."""
        process = getattr(self.transport, "process", None)
        return process.pid if process is not None else None

    @property
    def is_old(self) -> bool:
        """Whether the server speaks only the protocol that begins with a handshake."""
        return self.client is not None and self.client.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS

    def portrait(self) -> Portrait | None:
        """What the server is; None when it is not open."""
        client = self.client
        if client is None:
            return None
        told = client.server_info
        name, version = (told.name, told.version) if told else (self.spec.name, "")
        return Portrait(client.protocol_version, name, version, tuple(self.transport.noise.lines(self.hidden, 3)))

    async def opened(self) -> None:
        """Wait until it is open.

        Raises:
            ServerDown: it did not open; the error has the server's last words and the fix.
        """
        await self._opened.wait()
        if self.client is None:
            raise ServerDown(why_down(self.spec, self.transport, self.failure))

    async def list(self) -> None:
        """List the server's tools anew.

        Raises:
            ServerDown: it lists them without end.
        """
        if self.client is not None:
            self.stale = False
            self.definitions = await _list(self.client, self.spec, self._odd)

    async def close(self) -> None:
        """Close it and wait for the end, a few seconds at most."""
        self.transport.closed.set()
        if not self._opened.is_set():
            self._owner.cancel()
        _, late = await asyncio.wait([self._owner], timeout=CLOSE_TIMEOUT)
        if late:  # such as an HTTP server that takes our farewell and never answers it
            self._owner.cancel()
            await asyncio.wait([self._owner], timeout=1)

    def _odd(self, sentence: str) -> None:
        """Say what is odd about the server, where people look who try it out."""
        log.warning("server %s: %s", self.spec.name, self.hidden.text(sentence))
        self.transport.noise.add(f"{sentence}\n".encode())

    def _changed(self) -> None:
        self.stale = True

    async def _own(self) -> None:
        try:
            notices = ListChanged(self._changed)
            client_of = Client(
                TolerantTransport(self.transport),
                mode=self.mode,
                client_info=Implementation(name="aether-agents", version=__version__),  # our own server knows us by it
                message_handler=notices,
                elicitation_callback=self.answering,
            )
            async with client_of as client:
                client.session.validate_tool_result = _taken_as_it_is  # type: ignore[method-assign]
                self.definitions = await _list(client, self.spec, self._odd)
                self.client = client
                self._opened.set()
                tracing.forget()  # it was opened for one task, and lives on for all
                async with watched(client, self._changed):
                    await self.transport.closed.wait()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - the outermost handler of this task: it comes as a group
            self.failure = error
            log.debug("session of %s ended: %s", self.spec.name, self.hidden.text(repr(error)))
        finally:
            self.client = None
            self._opened.set()


async def _taken_as_it_is(name: str, result: CallToolResult) -> None:
    """In place of the library's check by the tool's output schema.

    It would match a stranger's patterns with Python's engine, on the loop of all servers, and throw away an answer of a
    call that has run for its shape. What a plan needs of an answer, references and `expect` look at.
    """


async def _list(client: Client, spec: ServerSpec, tell: Callable[[str], None]) -> dict[str, Definition]:
    """The tools by name. What is odd about the list is told, and costs no more than itself."""
    found: dict[str, Definition] = {}
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        for note in notes_of(page.meta):
            tell(note)
        for tool in page.tools:
            found.setdefault(tool.name, _definition(tool))
        cursor = page.next_cursor
        if cursor is None:
            return found
        if cursor in seen:  # it never advances: what was listed is kept
            tell(f"the list of its tools ends at a cursor that was there before: {len(found)} are known")
            return found
        seen.add(cursor)
        if len(found) > MAX_TOOLS:
            break
    raise ServerDown(
        f"server `{spec.name}` lists its tools without end ({len(found):,} after {MAX_PAGES} pages at most); "
        "it is not used: tell its author"
    )


def _definition(tool: McpTool) -> Definition:
    wire: dict[str, Json] = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
    claims = tool.annotations
    return Definition(
        name=tool.name,
        description=tool.description or "",
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=Annotations(
            read_only=claims.read_only_hint,
            destructive=claims.destructive_hint,
            idempotent=claims.idempotent_hint,
            open_world=claims.open_world_hint,
        )
        if claims
        else Annotations(),
        pin=pin(wire),
    )
