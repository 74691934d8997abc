"""Forking: bundled servers as forks of one process that has imported the MCP library. Lives on one event loop.

A bundled server can be a fork if it runs as `${PYTHON} -P -m MODULE`. Where forks cannot be had (no Linux, no
memory), it is spawned like any other: slower, and otherwise the same.
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from pathlib import Path
from subprocess import DEVNULL

from aether_agents.mcp_host.process.forked_process import ForkedProcess, fork
from aether_agents.mcp_host.process.guard_client import GuardClient
from aether_agents.mcp_host.process.launch import Launch, common_environment

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("fork_server.py")
#: Whether this system can: a fork is waited for by descriptor.
POSSIBLE = sys.platform == "linux" and hasattr(os, "pidfd_open")
#: Seconds the fork server's end is waited for once it is killed.
GRACE = 1.0
#: Seconds in which it forks: once it has imported the MCP library, and with that. One that takes longer was stopped.
SOON, FIRST = 3.0, 20.0


class ForkClient:
    """The fork server of this process: started with the first server that can be a fork, and when it has left.

    It leaves after `idle` seconds without servers.
    """

    def __init__(self, guard: GuardClient, idle: float) -> None:
        self._guard = guard
        self._idle = idle
        self._possible = POSSIBLE
        self._opening = asyncio.Lock()
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._imported = False
        self._lives: set[asyncio.Task[None]] = set()

    async def start(self, launch: Launch) -> ForkedProcess | None:
        """A server as a fork; None if it cannot be one.

        Raises:
            OSError: there are no descriptors left.
        """
        while self._possible and launch.module is not None:
            async with self._opening:
                fresh = self._control is None
                control = self._control = self._control or await self._open()
            try:
                if (forked := await fork(control, launch, SOON if self._imported else FIRST)) is not None:
                    if self._control is control:
                        self._imported = True
                    return forked
            except TimeoutError:
                if self._control is control and self._process is not None:
                    log.warning("the fork server does not answer, as if it was stopped: it is replaced")
                    self._process.kill()
            if self._control is control:  # it left after a while without servers, or was killed
                self.abandon()
            if fresh and self._possible:
                log.warning("the fork server does not start: bundled servers are spawned one by one, which is slower")
                self._possible = False
        return None

    async def close(self) -> None:
        """End the fork server, bounded. Servers that are left live on until their input is closed."""
        self.abandon()
        for life in self._lives:
            life.cancel()
        if self._lives:
            await asyncio.wait(self._lives, timeout=GRACE)

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
            self._process, self._imported = process, False
            undo.callback(process.kill)
            self._guard.watch(process.pid)
            self._lives.add(life := asyncio.create_task(self._attend(process), name="mcp-fork-server"))
            life.add_done_callback(self._lives.discard)
            undo.pop_all()
        return ours

    async def _attend(self, process: asyncio.subprocess.Process) -> None:
        """Follow its life; cancelled, end it: it has nothing to lose."""
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._guard.forget(process.pid)
