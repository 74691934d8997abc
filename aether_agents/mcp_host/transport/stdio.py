"""The stdio transport: one server as a child process, spoken to over its standard streams.

Ours rather than the SDK's, because of what was measured there: its reader is quadratic in the size
of a message, has no cap, and after any failure of the reader waits for the server's end before it
tells the session, so that every later call of the session only ends by its timeout.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCResponse, jsonrpc_message_adapter

from aether_agents.mcp_host.process.child_process import CHUNK, ChildProcess, spawn
from aether_agents.mcp_host.process.fork_client import ForkClient
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.launch import Launch
from aether_agents.mcp_host.transport.abandoned_calls import Issued
from aether_agents.mcp_host.transport.framing import Framing, Overlong, answered_id
from aether_agents.mcp_host.transport.outbox import Outbox
from aether_agents.mcp_host.transport.server_log import ServerLog
from aether_agents.mcp_host.transport.stderr_tail import StderrTail

#: A line this many times the limit, and still no end of it: the server is not going to stop.
ENDLESS = 16
#: Seconds a server has to end by itself once its input is closed, and then once it is asked to.
GRACE, TERM_GRACE = 2.0, 1.0
#: Added to the number of a signal, where a program's end by one is told as an exit code.
BY_SIGNAL = 128
#: JSON-RPC codes of our own making, in the range the protocol leaves to implementations.
OVER_LIMIT, BROKEN_ANSWER = -32098, -32097

Incoming = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Incoming], Outbox]


class StdioTransport:
    """What connects a session to a child process. Entered and left by the session's owner task."""

    def __init__(
        self, launch: Launch, forks: ForkClient, guard: GuardClient, limit: int, kept: ServerLog | None = None
    ) -> None:
        """`kept` takes all that the server writes to its standard error."""
        self._launch = launch
        self._forks = forks
        self._guard = guard
        self._limit = limit
        self._kept = kept
        self.process: ChildProcess | None = None
        self._unanswered: dict[int | str, Issued] = {}
        self._scope = contextlib.AsyncExitStack()
        self._ended_first = False
        self._status: int | None = None
        #: Set when nothing more will be read from the server.
        self.closed = asyncio.Event()
        #: What the server wrote to its standard error.
        self.stderr = StderrTail()
        #: What it wrote to its standard output that is no message.
        self.noise = StderrTail()

    @property
    def status(self) -> int | None:
        """How the process ended by itself; None if it did not. Negative is the number of a signal."""
        return self._status

    @property
    def alive(self) -> bool:
        """Whether a message could still be exchanged."""
        return not self.closed.is_set() and self.process is not None and self.process.returncode is None

    def abandon(self) -> None:
        """In a forked child: close our copy of the server's input, or the server would outlive the parent."""
        if self.process is not None:
            self.process.abandon()

    async def __aenter__(self) -> Streams:
        """Start the server.

        Raises:
            OSError: it cannot be started.
        """
        return await self._scope.enter_async_context(self._connected())

    async def __aexit__(self, *reason: object) -> None:
        """End the server, bounded: close its input, ask it, kill it."""
        await self._scope.aclose()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Streams, None]:
        process = await self._start()
        incoming, read = anyio.create_memory_object_stream[Incoming](0)
        write, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, process, incoming)
            tasks.start_soon(self._write, process, outgoing, incoming)
            tasks.start_soon(self._listen, process)
            try:
                yield read, Outbox(write, self._unanswered)
            finally:
                with anyio.CancelScope(shield=True):
                    for stream in (read, write, outgoing, incoming):
                        stream.close()
                    await self._end(process)
                tasks.cancel_scope.cancel()

    async def _start(self) -> ChildProcess:
        self.process = await self._forks.start(self._launch) or await spawn(self._launch)
        try:
            self._guard.watch(self.process.pid)
        except OSError:  # no guard, no server
            self._signal(signal.SIGKILL)
            self.process.release()
            raise
        return self.process

    async def _read(self, process: ChildProcess, incoming: MemoryObjectSendStream[Incoming]) -> None:
        """Server's output → session, until the output ends or makes no sense any more."""
        framing = Framing(self._limit)
        try:
            async with incoming:
                async for chunk in _chunks(process.stdout):
                    for line in framing.feed(chunk):
                        if (message := self._understand(line)) is not None:
                            self._note_answer(message)
                            await incoming.send(SessionMessage(message))
                    if framing.size > self._limit * ENDLESS:
                        self.stderr.add(b"\n(it wrote one message without end)\n")
                        return
                self._ended_first = True
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            async for _ in _chunks(process.stdout):
                pass  # the session is gone; a server that is still writing must get to see its input close
        finally:
            self.closed.set()

    def _note_answer(self, message: JSONRPCMessage) -> None:
        number = message.id if isinstance(message, JSONRPCResponse | JSONRPCError) else None
        issued = self._unanswered.pop(number, None) if number is not None else None
        if issued is not None:
            issued.answered.set()

    def _understand(self, line: bytes | Overlong) -> JSONRPCMessage | None:
        """The message in a line; for a broken answer, an error to the call that waits for it."""
        if isinstance(line, Overlong):
            text = f"the answer is {line.size:,} bytes long; {self._limit:,} is the most: ask the tool for less"
            return _error(line.request_id, OVER_LIMIT, text)
        if not line.strip():
            return None
        try:
            return jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            return self._repaired(line)

    def _repaired(self, line: bytes) -> JSONRPCMessage | None:
        """A stray byte or half a surrogate pair in a tool's output must not cost the whole answer."""
        try:
            value = json.loads(line.decode("utf-8", "replace"))
            text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
            return jsonrpc_message_adapter.validate_json(text, by_name=False)
        except (ValueError, RecursionError):
            self.noise.add(line[-2_000:] + b"\n")
            return _error(answered_id(line), BROKEN_ANSWER, "the answer is not valid MCP")

    async def _write(
        self,
        process: ChildProcess,
        outgoing: MemoryObjectReceiveStream[SessionMessage],
        incoming: MemoryObjectSendStream[Incoming],
    ) -> None:
        """Session → server's input."""
        pipe = process.stdin
        try:
            async with outgoing:
                async for item in outgoing:
                    pipe.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
                    await pipe.drain()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            self.closed.set()
            await incoming.aclose()  # so that no call waits for an answer to what was never read

    async def _listen(self, process: ChildProcess) -> None:
        """Server's standard error → the tail, so that it never blocks on a full pipe."""
        async for chunk in _chunks(process.stderr):
            self.stderr.add(chunk)
            if self._kept is not None:
                self._kept.add(chunk)

    async def _end(self, process: ChildProcess) -> None:
        """End the process and its group. Every wait is bounded."""
        self.closed.set()
        process.stdin.close()
        if await _ended(process, GRACE):
            self._status = self._ended_with(process.returncode) if self._ended_first else None
        else:
            self._signal(signal.SIGTERM)
            await _ended(process, TERM_GRACE)
        self._signal(signal.SIGKILL)  # the leader if it is still there, and what it left behind
        await _ended(process, 1.0)
        self._guard.forget(process.pid)
        process.release()
        if self._kept is not None:
            self._kept.close()

    def _ended_with(self, status: int | None) -> int | None:
        """What confines a program tells of a signal as a shell does."""
        told = self._launch.sandbox is not None and status is not None and status > BY_SIGNAL
        return BY_SIGNAL - status if told and status is not None else status

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


async def _chunks(pipe: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What a pipe gives, until it ends."""
    while True:
        try:
            chunk = await pipe.read(CHUNK)
        except OSError:
            return
        if not chunk:
            return
        yield chunk


async def _ended(process: ChildProcess, seconds: float) -> bool:
    """Wait for the process's end. Not `process.wait()`: that also waits for a grandchild that holds a pipe."""
    limit = asyncio.get_running_loop().time() + seconds
    while process.returncode is None:
        if asyncio.get_running_loop().time() >= limit:
            return False
        await asyncio.sleep(0.01)
    return True


def _error(request_id: int | str | None, code: int, text: str) -> JSONRPCError | None:
    if request_id is None:
        return None
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=text))
