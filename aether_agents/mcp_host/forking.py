"""Forking: bundled servers as forks of one process that has imported the MCP library. Lives on one event loop.

A bundled server can be a fork if it runs as `${PYTHON} -P -m MODULE`. Where forks cannot be had (no Linux, no
memory), it is spawned like any other: slower, and otherwise the same.
"""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from subprocess import DEVNULL

from aether_agents.mcp_host.environment import Launch, common_environment
from aether_agents.mcp_host.fork import Fork, fork
from aether_agents.mcp_host.lifeline import Lifeline

PROGRAM = Path(__file__).with_name("fork_server.py")
#: Whether this system can: a fork is waited for by descriptor, and its brief is a file in memory.
POSSIBLE = sys.platform == "linux" and hasattr(os, "pidfd_open")
#: Seconds the fork server has to leave once its socket is closed.
GRACE = 1.0


class Forks:
    """The fork server of this process: started with the first server that can be a fork, and when it has left.

    It leaves after `idle` seconds without servers.
    """

    def __init__(self, lifeline: Lifeline, idle: float) -> None:
        self._lifeline = lifeline
        self._idle = idle
        self._possible = POSSIBLE
        self._opening = asyncio.Lock()
        self._control: socket.socket | None = None
        self._lives: set[asyncio.Task[None]] = set()

    async def start(self, launch: Launch) -> Fork | None:
        """A server as a fork; None if it cannot be one.

        Raises:
            OSError: there are no descriptors left.
        """
        while self._possible and launch.module is not None:
            async with self._opening:
                fresh = self._control is None
                control = self._control = self._control or await self._open()
            if (forked := await fork(control, launch)) is not None:
                return forked
            if self._control is control:  # it left after a while without servers, or was killed
                self.abandon()
            self._possible = self._possible and not fresh
        return None

    async def close(self) -> None:
        """Let the fork server leave, bounded. Servers that are left live on until their input is closed."""
        self.abandon()
        for life in self._lives:
            life.cancel()
        if self._lives:
            await asyncio.wait(self._lives, timeout=2 * GRACE)

    def abandon(self) -> None:
        """Close our end of its socket: it leaves. In a forked child of ours: only the parent keeps it."""
        control, self._control = self._control, None
        if control is not None:
            control.close()

    async def _open(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with contextlib.ExitStack() as undo, theirs:
            undo.callback(ours.close)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", str(PROGRAM), str(theirs.fileno()), str(self._idle)),
                pass_fds=(theirs.fileno(),),
                env=common_environment(os.environ),
                cwd="/",
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,
            )
            self._lives.add(life := asyncio.create_task(self._attend(process), name="mcp-fork-server"))
            life.add_done_callback(self._lives.discard)
            undo.pop_all()
        return ours

    async def _attend(self, process: asyncio.subprocess.Process) -> None:
        """Have the guard watch it for as long as it lives. Cancelled, it has a moment to leave."""
        try:
            self._lifeline.watch(process.pid)
            await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE)
        finally:
            if process.returncode is None:
                process.kill()
            self._lifeline.forget(process.pid)
