"""CommandRunner: the commands of an installation, run one after the other, heard line by line, until a time limit."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from aether_agents.errors import ServerDown

Tell = Callable[[str], None]

#: Lines of a package manager's that an error carries.
LAST_LINES = 12


class CommandRunner:
    """Runs what installs one server, passing on what it says."""

    def __init__(self, name: str, folder: Path, tell: Tell, seconds: float) -> None:
        self._name = name
        self._folder = folder
        self._tell = tell
        self._limit = time.monotonic() + seconds

    def run(self, program: str, *args: str, env: Mapping[str, str]) -> None:
        """Run one command.

        Raises:
            ServerDown: it failed or took too long; the error has its last lines.
        """
        lines: list[str] = []
        # In our own folder: a settings file of the repository we stand in must not choose where packages come from.
        process = subprocess.Popen(
            [program, *args],
            cwd=self._folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            for line in self._follow(process):
                lines.append(line)
                self._tell(f"{self._name}: {line}")
            status = process.wait(timeout=max(1.0, self._limit - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise self._failed(program, "took too long", lines) from None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if status != 0:
            raise self._failed(program, f"failed (exit code {status})", lines)

    def _follow(self, process: subprocess.Popen[bytes]) -> Iterator[str]:
        pipe = process.stdout
        if pipe is None:
            return
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                left = self._limit - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise TimeoutError
                chunk = os.read(pipe.fileno(), 65_536)
                *whole, rest = (rest + chunk).split(b"\n")
                yield from (text for line in whole if (text := line.decode("utf-8", "replace").strip()))
                if not chunk:
                    break
        if text := rest.decode("utf-8", "replace").strip():
            yield text

    def _failed(self, program: str, what: str, lines: list[str]) -> ServerDown:
        said = "\n".join(f"  {line}" for line in lines[-LAST_LINES:])
        return ServerDown(
            f"installing server `{self._name}` {what}"
            + (f"; {Path(program).name}'s last lines:\n{said}" if said else "")
            + f"\ncorrect it, then run `aether-agent servers install {self._name}` again"
        )
