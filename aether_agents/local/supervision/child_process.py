"""ChildProcess: a process as its supervisor sees it - started, started again with growing pauses, ended."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aether_agents.local.log_file import last_lines

log = logging.getLogger(__name__)

#: What a stack may run beside its server, each a program that reads its orders from its supervisor.
PROGRAMS = {"worker": "aether_agents.local.worker", "beat": "beat.child", "flower": "aether_agents.local.flower"}

#: Seconds before a child that ended is started again: doubled each time, up to the last.
PAUSES = (0.2, 30.0)

#: Seconds after which a child that runs counts as healthy and its pauses begin anew.
HEALTHY = 60.0

#: Seconds a child may use to end when nobody waits for its calls any more.
QUICK = 5.0
#: Seconds a child may use to end, beside the grace that its calls have, when they may end by themselves.
MARGIN = 10.0
#: Signs of life that a child gives in the time after which it counts as hung; and least seconds between two.
SIGNS, LEAST_PAUSE = 6, 1.0
#: The last order of a child whose calls may end by themselves. A standard input that closes without it cuts them.
FINISH = "finish"


def heard_every(deaf_after: float) -> float:
    """Seconds between two signs of life of a child that serves."""
    return max(deaf_after / SIGNS, LEAST_PAUSE) if deaf_after else 10.0


class ChildProcess:
    """A program of ours. Its standard input is its orders; when it closes, it ends itself."""

    def __init__(
        self, name: str, log_file: Path, settings: Mapping[str, Any], environ: Mapping[str, str], cwd: Path
    ) -> None:
        """`name` is one of `PROGRAMS`."""
        self.name = name
        self._grace = float(settings["delivery"]["grace"])
        self._silent_most = float(settings["delivery"]["deaf_after"])
        self.log_file = log_file
        self.queues: tuple[str, ...] = ()
        self.vain_starts: int | None = 0  # starts without ever serving; None once it has served
        self.news = -1  # where it says that it serves
        self._settings = settings
        self._environ = dict(environ)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._log_start = 0
        self._serving = False
        self._state = "ready"
        self._silent = 0.0  # seconds of its supervisor without a sign of life
        self._unread = b""

    @property
    def pid(self) -> int:
        """Its process id; 0 while there is none."""
        return self._process.pid if self._process else 0

    @property
    def status(self) -> str:
        """`starting`, `restarting` while it pauses, or what it said itself: `ready`, `waits for the store`, `deaf`."""
        if self._process is None:
            return "restarting"
        if self._state == "ready" and not self._serving:
            return "starting"
        return self._state

    def start(self) -> None:
        """Start it; it loads its code and waits for `go`."""
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        self.news, news = os.pipe()
        with self.log_file.open("ab") as out:
            # -P: the folder it runs in is not searched for modules. Nothing in AETHER_HOME is code.
            command = [sys.executable, "-P", "-m", PROGRAMS[self.name], str(news)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                pass_fds=(news,),
                env=self._environ,
                cwd=self._cwd,
                start_new_session=True,
            )
        os.close(news)
        self._started_at = time.monotonic()
        self._tell(json.dumps(self._settings))

    def go(self) -> None:
        """The server answers: serve."""
        self._tell("go")

    def hear(self, news: bytes) -> None:
        """It said which queues it serves, in which state it is, or only that it runs."""
        self._silent = 0.0
        *lines, self._unread = (self._unread + news).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "queues" in told:
                self.queues = tuple(told["queues"])
                self.vain_starts, self._serving = None, True
                log.info("the %s serves %s", self.name, ", ".join(self.queues))
            if told:
                self._state = told.get("state", "ready")

    def listen(self, seconds: float) -> None:
        """So much time of the supervisor has passed: a child that serves and gives no sign of life is killed.

        Its time, not the clock's: where the machine sleeps, or both were stopped, nobody was silent.
        """
        self._silent += seconds if self._serving else 0.0
        if self._process is not None and self._silent_most and self._silent > max(self._silent_most, 3 * LEAST_PAUSE):
            log.error("the %s has given no sign of life for %.0f s: it is killed", self.name, self._silent)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._silent = 0.0

    def exited(self) -> bool:
        """Whether it has ended by itself and is not buried yet."""
        return self._process is not None and self._process.poll() is not None

    def bury(self) -> str:
        """What happened to a child that ended, with its last lines. It is due to start again after a pause."""
        code = self._process.wait() if self._process else 0
        served = self._serving
        self._restarts = 0 if time.monotonic() - self._started_at > HEALTHY else self._restarts
        pause = min(PAUSES[0] * 2**self._restarts, PAUSES[1])
        self._restarts += 1
        self._start_again_at = time.monotonic() + pause
        self.vain_starts = None if self.vain_starts is None else self.vain_starts + 1
        self._forget()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        log.error("the %s ended %s; it starts again in %.1f s", self.name, how, pause)
        lines = "\n".join(last_lines(self.log_file, 12, start=self._log_start))
        return f"the {self.name} ended {how} {'while it served' if served else 'before it could serve'}:\n{lines}"

    def due(self) -> bool:
        """Whether its pause is over."""
        return self._process is None and time.monotonic() >= self._start_again_at

    def hasten(self) -> None:
        """It was told to end, and is not waited for any longer: it cancels its calls."""
        if self._process is not None and self._serving:
            self._process.send_signal(signal.SIGINT)

    def end(self, *, quick: bool) -> None:
        """Close its standard input and wait; kill what is left of it after its grace."""
        process = self._process
        if process is None:
            return
        if not quick:
            self._tell(FINISH)
        if process.stdin:
            process.stdin.close()
        timeout = QUICK if quick else self._grace + MARGIN
        try:
            process.wait(timeout if self._serving else 0)  # one that does not serve yet has nothing to finish
        except subprocess.TimeoutExpired:
            if self._serving:
                log.warning("the %s did not end within %g s: it is killed", self.name, timeout)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._forget()

    def _tell(self, text: str) -> None:
        if self._process and self._process.stdin:
            try:
                self._process.stdin.write(text.encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                return  # it has ended; `ended` says how

    def _forget(self) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if self.news >= 0:
            os.close(self.news)
        self._process, self.queues, self.news, self._serving = None, (), -1, False
        self._state, self._silent, self._unread = "ready", 0.0, b""
