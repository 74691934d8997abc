"""ForkedProcess: a server that is a fork of the fork server; how it is asked for, and the child that it then is."""

import asyncio
import json
import os
import socket
from asyncio import BaseTransport, StreamReader, StreamReaderProtocol, StreamWriter
from contextlib import ExitStack, suppress
from typing import NamedTuple

from aether_agents.mcp_host.process.child_process import CHUNK
from aether_agents.mcp_host.process.launch import Launch

#: The status of a process that nobody can tell any more; asyncio's own choice.
UNKNOWN = 255
#: Characters of a process's name that Linux keeps.
NAME = 15


class Reading(NamedTuple):
    """Our end of a pipe that the fork writes to."""

    reader: StreamReader
    transport: BaseTransport


class Talk(NamedTuple):
    """Our end of the socket where the fork tells who it is, is told what to be, and its end is told."""

    reader: StreamReader
    writer: StreamWriter


class ForkedProcess:
    """A server that was forked."""

    def __init__(self, pid: int, stdin: StreamWriter, stdout: Reading, stderr: Reading, talk: Talk) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout, self.stderr = stdout.reader, stderr.reader
        self._talk = talk  # asyncio closes a writer that nobody keeps
        self._transports = [stdin.transport, stdout.transport, stderr.transport, talk.writer.transport]
        self._status: int | None = None
        self._lost = False
        self._life = asyncio.create_task(self._follow(), name=f"mcp-fork-{pid}")

    @property
    def returncode(self) -> int | None:
        """None while it lives. `UNKNOWN` if the fork server, which alone is told, ended before it."""
        if self._status is None and self._lost and not _lives(self.pid):
            self._status = UNKNOWN
        return self._status

    def release(self) -> None:
        """Free the pipes."""
        for transport in self._transports:
            transport.close()
        self._life.cancel()

    def abandon(self) -> None:
        """Close our copy of its input."""
        self.stdin.transport.get_extra_info("pipe").close()

    async def _follow(self) -> None:
        line = b""
        with suppress(ConnectionError):  # it was killed before it read its brief
            line = await self._talk.reader.readline()
        self._status, self._lost = (int(line), False) if line else (None, True)


async def fork(control: socket.socket, launch: Launch, within: float) -> ForkedProcess | None:
    """Ask the fork server behind a socket for a server; None if none is behind it any more, or it cannot fork.

    Raises:
        TimeoutError: it does not answer within these seconds.
        OSError: there are no descriptors left.
    """
    with ExitStack() as theirs, ExitStack() as undo:
        input_, stdin = await _to_fork(theirs, undo)
        output, stdout = await _from_fork(theirs, undo)
        error, stderr = await _from_fork(theirs, undo)
        other, talk = await _talk(theirs, undo)
        try:
            socket.send_fds(control, [b"f"], [input_, output, error, other])
        except BlockingIOError:
            raise TimeoutError from None  # so many requests lie there that it has not read for long
        except OSError:
            return None
        theirs.close()
        async with asyncio.timeout(within):
            pid = await talk.reader.readline()
        if not pid:
            return None
        talk.writer.write(_brief(launch))  # from here on somebody has it: who gave up above leaves it without a brief
        talk.writer.write_eof()
        undo.pop_all()
        return ForkedProcess(int(pid), stdin, stdout, stderr, talk)


async def _to_fork(theirs: ExitStack, undo: ExitStack) -> tuple[int, StreamWriter]:
    """A pipe to the fork: its end, and ours."""
    get, put = os.pipe()
    theirs.callback(os.close, get)
    protocol = StreamReaderProtocol(StreamReader())  # the public one that a writer can wait on
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_write_pipe(lambda: protocol, os.fdopen(put, "wb", 0))
    undo.callback(transport.close)
    return get, StreamWriter(transport, protocol, None, loop)


async def _from_fork(theirs: ExitStack, undo: ExitStack) -> tuple[int, Reading]:
    """A pipe from the fork: its end, and ours."""
    get, put = os.pipe()
    theirs.callback(os.close, put)
    reader = StreamReader(limit=CHUNK)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: StreamReaderProtocol(reader), os.fdopen(get, "rb", 0)
    )
    undo.callback(transport.close)
    return put, Reading(reader, transport)


async def _talk(theirs: ExitStack, undo: ExitStack) -> tuple[int, Talk]:
    """A socket to the fork: its end, and ours."""
    ours, other = socket.socketpair()
    theirs.callback(other.close)
    talk = Talk(*await asyncio.open_unix_connection(sock=ours))
    undo.callback(talk.writer.close)
    return other.fileno(), talk


def _brief(launch: Launch) -> bytes:
    """What the fork is to be."""
    return json.dumps({**launch._asdict(), "name": launch.name[:NAME]}).encode()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
