"""Job: one bounded piece of work in a thread, which reports how far it is and can be stopped."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context

Result = TypeVar("Result")

#: Seconds between two progress messages: more would only be dropped on the way.
PROGRESS_EVERY = 0.25
#: Seconds between two looks at the clock while a program runs.
LOOK_EVERY = 0.2
#: Most that a program may print, in bytes: beyond it, a stranger's folder is made to flood its reader.
MAX_OUTPUT = 32 << 20
#: What of its standard error is read, in bytes.
MAX_SAID = 64 << 10


class Stopped(Exception):
    """The caller no longer wants the result."""


class Beyond(Exception):
    """A program went beyond a bound; the text says which."""


class Job:
    """How long a piece of work may still take, whether it is still wanted, and where it says how far it is."""

    def __init__(self, seconds: float, report: Callable[[float, str], None] | None = None) -> None:
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        self.stopped = False
        self._report = report
        self._reported = 0.0

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def out_of_time(self) -> bool:
        """Whether the time is up. The work then ends with what it has, and says so.

        Raises:
            Stopped: nobody wants the result any more.
        """
        if self.stopped:
            raise Stopped
        return time.monotonic() >= self.deadline

    def progress(self, fraction: float, message: str) -> None:
        """Say how far it is (0 to 1). Calls in quick succession are dropped."""
        now = time.monotonic()
        if self._report is None or self.stopped or now - self._reported < PROGRESS_EVERY:
            return
        self._reported = now
        self._report(min(1.0, fraction), message)

    def program(
        self, command: Sequence[str], folder: Path, given: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end in a folder, with no environment but the search path and what is named here.

        Raises:
            Beyond: it took too long, or wrote too much; it has been killed.
            Stopped: nobody wants the result any more; it has been killed.
            OSError: it cannot be started.
        """
        known = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **(environment or {})}
        with tempfile.TemporaryFile() as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
            fed.write(given)
            fed.seek(0)
            process = subprocess.Popen(command, cwd=folder, env=known, stdin=fed, stdout=out, stderr=said)
            try:
                while not self._ended(process):
                    if max(os.fstat(file.fileno()).st_size for file in (out, said)) > MAX_OUTPUT:
                        raise Beyond(f"{MAX_OUTPUT >> 20} MiB of findings")
                    if self.out_of_time:
                        raise Beyond(f"{self.seconds:g} s")
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            out.seek(0)
            said.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, out.read(), said.read(MAX_SAID))

    def _ended(self, process: "subprocess.Popen[bytes]") -> bool:
        try:
            process.wait(min(LOOK_EVERY, self.left + 0.01))
        except subprocess.TimeoutExpired:
            return False
        return True


async def run(ctx: Context, seconds: float, work: Callable[[Job], Result]) -> Result:
    """Do the work in a thread; a cancelled request ends it at its next look at the clock."""

    def report(fraction: float, message: str) -> None:
        anyio.from_thread.run(partial(ctx.report_progress, fraction, 1.0, message))

    job = Job(seconds, report)
    try:
        return await anyio.to_thread.run_sync(work, job, abandon_on_cancel=True)
    finally:
        job.stopped = True
