"""ChildProcess: a server's process as its transport sees it, however it was started."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from subprocess import PIPE
from typing import Protocol

from aether_agents.mcp_host.process.launch import Launch
from aether_sandbox.confine import confined

#: Bytes read at once, and the size of asyncio's own buffer.
CHUNK = 1 << 18


class ChildProcess(Protocol):
    """A process that leads a session, and so a group, of its own: to be ended as a whole, and not by our Ctrl-C."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None:
        """None while it lives; negative is the number of a signal."""

    @property
    def stdin(self) -> StreamWriter: ...
    @property
    def stdout(self) -> StreamReader: ...
    @property
    def stderr(self) -> StreamReader: ...

    def release(self) -> None:
        """Free the pipes, even where a stranger that left the group still holds their other ends."""

    def abandon(self) -> None:
        """In a forked child of ours: close our copy of its input, or it would outlive the parent."""


class Spawned:
    """A program that was started as one."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: StreamWriter, *outputs: StreamReader) -> None:
        self._process = process
        self.stdin = stdin
        self.stdout, self.stderr = outputs

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    def release(self) -> None:
        """Free the pipes; nothing public does."""
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()

    def abandon(self) -> None:
        """Close our copy of its input."""
        self.stdin.transport.get_extra_info("pipe").close()


async def spawn(launch: Launch) -> Spawned:
    """Start a program.

    Raises:
        OSError: it cannot be started.
    """
    command = (launch.command, *launch.args)
    if launch.sandbox is None:
        return await _spawned(command, launch.cwd, launch.env)
    view, by = launch.sandbox
    with confined(view, command, launch.env, by) as start:
        return await _spawned(start.command, "/", start.environment, start.handle)


async def _spawned(command: Sequence[str], cwd: str, env: Mapping[str, str], *handles: int) -> Spawned:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=cwd,
        env=env,
        pass_fds=handles,
        start_new_session=True,
        limit=CHUNK,
    )
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise OSError("it was started without pipes")  # never: they were asked for
    return Spawned(process, process.stdin, process.stdout, process.stderr)
