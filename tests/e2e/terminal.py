"""A person at a terminal: runs the installed command line in a subprocess, with pipes or on a pseudo-terminal."""

import codecs
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import eventually

PROGRAM = str(Path(sys.executable).parent / "aether-agent")
ECHO = Path(__file__).parents[1] / "servers" / "echo.py"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")
TASK_ID = re.compile(r"\b[0-9a-f]{12}\b")

#: Seconds that anything may take on a machine that does other things too.
TIMEOUT = 90.0


def only(*specialists: str) -> dict[str, str]:
    """The environment in which there are no other specialists: a test that needs one waits for the servers of one."""
    others = {"data", "dev", "infra", "security"} - set(specialists)
    return {f"AETHER_SPECIALISTS__{name.upper()}__ENABLED": "false" for name in others}


class Person:
    """Somebody with a project, an AETHER_HOME and a shell."""

    def __init__(self, home: Path, project: Path, **environ: str) -> None:
        self.home = home
        self.project = project
        kept = ("COV", "PYTHON", "LANG", "LC_", "PIP_", "UV_", "SSL_")
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home.parent),
            "AETHER_HOME": str(home),
            "TERM": "xterm-256color",
            "AETHER_DELIVERY__GRACE": "2",  # whoever ends a stack in the middle of a call waits no longer
            "LANG": "C.UTF-8",
            **{name: value for name, value in os.environ.items() if name.startswith(kept)},
            **environ,
        }

    def run(self, *words: str, within: float = TIMEOUT, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command with nobody at the terminal."""
        return subprocess.run(
            [PROGRAM, *words],
            cwd=self.project,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell."""
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.project,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """What a command prints as JSON; it must leave with 0 and print nothing else."""
        ran = self.run(*words, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    @contextmanager
    def terminal(self, *words: str, columns: int = 100, rows: int = 30, **environ: str) -> Iterator["Terminal"]:
        """A command on a pseudo-terminal; killed if it is still there at the end."""
        terminal = Terminal([PROGRAM, *words], self.project, {**self.environ, **environ}, columns, rows)
        try:
            yield terminal
        finally:
            terminal.close()


class Terminal:
    """A program on a pseudo-terminal, and all that it has written there."""

    def __init__(self, command: list[str], folder: Path, environ: Mapping[str, str], columns: int, rows: int) -> None:
        self._master, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._process = subprocess.Popen(
            command, cwd=folder, env=dict(environ), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.raw = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.raw += decoder.decode(data)

    @property
    def text(self) -> str:
        """All that was written, without the codes that colour it and move the cursor."""
        return ANSI.sub("", self.raw).replace("\r\n", "\n").replace("\r", "\n")

    def sees(self, what: str, within: float = TIMEOUT) -> str:
        """Wait until a text has been written; all that was written so far."""
        try:
            eventually(lambda: what in self.text or self.ended, within)
            assert what in self.text
        except AssertionError:
            raise AssertionError(f"`{what}` is not in:\n{self.text[-3000:]}") from None
        return self.text

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self._master, f"{line}\n".encode())

    def ctrl_c(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    @property
    def ended(self) -> bool:
        """Whether the program is gone."""
        return self._process.poll() is not None

    def leaves_with(self, within: float = TIMEOUT) -> int:
        """Wait until the program is gone; its exit code."""
        code = self._process.wait(within)
        self._reader.join(5)
        return code

    def close(self) -> None:
        """Kill what is left."""
        if not self.ended:
            self._process.kill()
            self._process.wait(10)
        self._reader.join(5)
        os.close(self._master)
