"""Job: one bounded piece of work in a thread, which reports how far it is and can be stopped."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from aether_sandbox.confine import confined, mechanism
from aether_sandbox.layout import Limits, View

from .text import opened

Result = TypeVar("Result")

#: Seconds between two progress messages: more would only be dropped on the way.
PROGRESS_EVERY = 0.25
#: Seconds between two looks at the clock while a program runs.
LOOK_EVERY = 0.2
#: Most that a program may print, in bytes: beyond it, a stranger's folder is made to flood its reader.
MAX_OUTPUT = 32 << 20
#: What of its standard error is read, in bytes.
MAX_SAID = 64 << 10
#: The most that a confined program may take.
BOUNDS = Limits(memory=3 << 30, processes=256, file=256 << 20, seconds=900)
#: How a program is started with these bounds where nothing confines it; a bound that a system has not is left out.
_BOUNDED = (
    *("/bin/sh", "-c"),
    f"ulimit -c 0; ulimit -d {BOUNDS.memory >> 10}; ulimit -f {BOUNDS.file >> 9}; ulimit -t {BOUNDS.seconds}; "
    'exec "$@"',
    "sh",
)
#: The folder our own code lies in: what a confined `-m workers.…` must be given to read.
CODE = Path(__file__).parents[2]
#: Whether programs are confined: `auto` where the machine can, `required`, or `off`. The host of the server says it.
ISOLATION = "AETHER_ISOLATION"
#: Seconds a program that went beyond a bound has to end what it has started.
GRACE = 1.0


class Stopped(Exception):
    """The caller no longer wants the result."""


class Beyond(Exception):
    """A program went beyond a bound; the text says which."""


class Unconfined(Beyond):
    """A program may only run confined, and this machine cannot confine one: whoever counts bounds has a gap."""


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

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """While this lasts, `end` is called once the time is up or nobody wants the result."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_EVERY):
                if self.stopped or not self.left:
                    end()

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    @property
    def confines(self) -> bool:
        """Whether `confined` runs a program in the sandbox here."""
        return os.environ.get(ISOLATION, "auto") != "off" and mechanism() is not None

    def program(
        self,
        command: Sequence[str],
        folder: Path,
        given: bytes | Path = b"",
        environment: Mapping[str, str] | None = None,
        handles: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end in a folder, with no environment but the search path and what is named here.

        `given` is what it reads, or the file that has it.

        Raises:
            Beyond: it took too long, or wrote too much; it has been killed.
            Stopped: nobody wants the result any more; it has been killed.
            OSError: it cannot be started.
        """
        known = _environment(environment)
        with _fed(given) as fed, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                command, cwd=folder, env=known, stdin=fed, stdout=out, stderr=said, pass_fds=handles
            )
            try:
                while not self._ended(process):
                    if max(os.fstat(file.fileno()).st_size for file in (out, said)) > MAX_OUTPUT:
                        raise Beyond(f"{MAX_OUTPUT >> 20} MiB of findings")
                    if self.out_of_time:
                        raise Beyond(f"{self.seconds:g} s")
            finally:
                if process.poll() is None:
                    _end(process)
            out.seek(0)
            said.seek(0)
            return subprocess.CompletedProcess(command, process.returncode, out.read(), said.read(MAX_SAID))

    def confined(
        self,
        command: Sequence[str],
        folder: Path,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        *,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """As `program`, for one that reads what strangers wrote: in the sandbox.

        It sees `folder` and `reads`, and may write only to `writes` and to a HOME of its own, which is empty and goes
        with it. There is no network. `-m` of a module of ours needs `CODE` among `reads`. Where the machine
        cannot confine, it runs with its own HOME and the same bounds alone, unless `isolation` is `required`.

        Raises:
            Beyond: it took too long, or wrote too much; it has been killed.
            Stopped: nobody wants the result any more; it has been killed.
            Unconfined: it may only run confined, and cannot be.
            OSError: it cannot be started.
        """
        wanted = os.environ.get(ISOLATION, "auto")
        by = mechanism() if wanted != "off" else None
        if by is None and wanted == "required":
            raise Unconfined("`isolation: required`, since this machine cannot confine a program")
        with tempfile.TemporaryDirectory(prefix="aether-") as home:
            known = {**_environment(environment), "HOME": home, "TMPDIR": home}
            if by is None:
                return self.program([*_BOUNDED, *command], folder, given, known)
            whole = shutil.which(command[0], path=known["PATH"]) or command[0]
            view = View(
                folder,
                Path(home),
                (folder, *reads),
                tuple(writes),
                _state(),
                search=known["PATH"],
                limits=BOUNDS,
            )
            with confined(view, [whole, *command[1:]], known, by) as start:
                return self.program(start.command, folder, given, start.environment, (start.handle,))

    def _ended(self, process: "subprocess.Popen[bytes]") -> bool:
        try:
            process.wait(min(LOOK_EVERY, self.left + 0.01))
        except subprocess.TimeoutExpired:
            return False
        return True


def _state() -> tuple[Path, ...]:
    """AETHER_HOME, with the keys, in which the HOME of a server lies: seen by no scanner, whatever is audited."""
    home = Path(os.environ.get("HOME", "/"))
    return (home.parents[2],) if home.parts[-3:-2] == ("servers",) and home.name == "home" else ()


def _environment(named: Mapping[str, str] | None) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **(named or {})}


def _fed(given: bytes | Path) -> IO[bytes]:
    if isinstance(given, Path):
        return opened(given)
    fed = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asks closes it
    fed.write(given)
    fed.seek(0)
    return fed


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it, then kill it: what keeps a confined program ends first what that has started."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def run(ctx: Context, seconds: float, work: Callable[[Job], Result]) -> Result:
    """Do the work in a thread; a cancelled request ends it at its next look at the clock."""

    def report(fraction: float, message: str) -> None:
        anyio.from_thread.run(partial(ctx.report_progress, fraction, 1.0, message))

    job = Job(seconds, report)
    try:
        return await anyio.to_thread.run_sync(work, job, abandon_on_cancel=True)
    except Unconfined as reason:
        raise ToolError(f"beyond the bound of {reason}: install bubblewrap, or allow user namespaces") from None
    finally:
        job.stopped = True
