"""Installs a third-party server into an environment that it has to itself, at an exact version.

Never into the worker's: servers pin each other's libraries to versions that do not go together.
Never at run time. Made by uv, next to the one in use, which is replaced in one step when all went well.
"""

import fcntl
import hashlib
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from aether_agents.contracts import Install, ServerSpec
from aether_agents.errors import InvalidSettings, ServerDown
from aether_agents.mcp_host.folders import server_folder
from aether_agents.mcp_host.package_index import uv_environment

Tell = Callable[[str], None]

#: Seconds an installation may take. The largest server measured took 22 s; a slow index takes minutes.
TIMEOUT = 900.0
#: Lines of uv's that an error carries.
LAST_LINES = 12
_EXACT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,-]+\])?==[A-Za-z0-9][A-Za-z0-9.+!_-]*$")


def installed(spec: ServerSpec, home: Path) -> bool:
    """Whether a server's environment is there, made of exactly what its `install` says now."""
    if spec.install is None:
        return True
    return (_link(spec, home) / _stamp(spec.install)).is_file()


def install(
    spec: ServerSpec,
    home: Path,
    on_progress: Tell | None = None,
    *,
    seconds: float = TIMEOUT,
    environ: Mapping[str, str] | None = None,
) -> bool:
    """Make the server's environment; False when there was nothing to do. Tells each step in a line.

    Raises:
        InvalidSettings: `install` does not name an exact version, or a constraint is not one.
        ServerDown: uv is missing, failed or took too long; the error has its last lines.
    """
    if spec.install is None:
        return False
    wanted = _requirements(spec.install, spec.source)
    tell = on_progress or _silent
    with _locked(server_folder(home, spec.name)) as folder:
        if installed(spec, home):
            return False
        target = folder / f"env-{_stamp(spec.install)[8:20]}"
        shutil.rmtree(target, ignore_errors=True)
        env = uv_environment(os.environ if environ is None else environ)
        uv = _Uv(spec.name, folder, env, tell, time.monotonic() + seconds)
        tell(f"{spec.name}: an environment for {' '.join(wanted)}")
        uv.run("venv", "--quiet", "--python", spec.install.python or sys.executable, str(target))
        python = str(target / "bin" / "python")
        uv.run("pip", "install", "--compile-bytecode", "--python", python, "--", *wanted)
        (target / _stamp(spec.install)).write_text(spec.install.model_dump_json(by_alias=True), encoding="utf-8")
        _switch(folder, target)
    tell(f"{spec.name}: installed")
    return True


def _silent(_line: str) -> None:
    """Nobody listens."""


def _requirements(wanted: Install, source: str) -> list[str]:
    if not _EXACT.match(wanted.pypi):
        raise InvalidSettings(f"{source}: `install.pypi` is `{wanted.pypi}`: name an exact version, `name==1.2.3`")
    for constraint in wanted.with_:
        try:
            Requirement(constraint)
        except InvalidRequirement as error:
            raise InvalidSettings(f"{source}: `install.with`: `{constraint}` is not a constraint: {error}") from None
    return [wanted.pypi, *wanted.with_]


def _stamp(wanted: Install) -> str:
    """A file in the environment that says what it is made of."""
    text = json.dumps(wanted.model_dump(mode="json"), sort_keys=True)
    return "aether-" + hashlib.sha256(text.encode()).hexdigest()


def _link(spec: ServerSpec, home: Path) -> Path:
    return server_folder(home, spec.name) / "venv"


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """One installation of a server at a time, over all processes."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _switch(folder: Path, target: Path) -> None:
    """Use the new environment from now on, in one step; the ones before the last are removed."""
    link, new = folder / "venv", folder / "venv.new"
    last = link.resolve() if link.is_symlink() else None
    new.unlink(missing_ok=True)
    new.symlink_to(target.name)
    new.replace(link)
    for old in folder.glob("env-*"):
        if old not in (target, last):  # a server that still runs in the last one may yet import from it
            shutil.rmtree(old, ignore_errors=True)


class _Uv:
    """Runs uv, passing on what it says, until a time limit."""

    def __init__(self, name: str, folder: Path, env: Mapping[str, str], tell: Tell, limit: float) -> None:
        self._name = name
        self._folder = folder
        self._env = env
        self._tell = tell
        self._limit = limit

    def run(self, *args: str) -> None:
        """Run one command.

        Raises:
            ServerDown: it failed or took too long; the error has its last lines.
        """
        lines: list[str] = []
        # In our own folder: a uv.toml of the repository we stand in must not choose where packages come from.
        process = subprocess.Popen(
            [find_uv(), *args],
            cwd=self._folder,
            env=dict(self._env),
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
            raise self._failed("took too long", lines) from None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if status != 0:
            raise self._failed(f"failed (exit code {status})", lines)

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

    def _failed(self, what: str, lines: list[str]) -> ServerDown:
        said = "\n".join(f"  {line}" for line in lines[-LAST_LINES:])
        return ServerDown(
            f"installing server `{self._name}` {what}"
            + (f"; uv's last lines:\n{said}" if said else "")
            + f"\ncorrect it, then run `aether-agent servers install {self._name}` again"
        )


def find_uv() -> str:
    """The uv beside our interpreter, or the one on PATH.

    Raises:
        ServerDown: there is none.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")
    if found is None:
        raise ServerDown("uv, which makes the environments of servers, is not installed: `pip install uv`")
    return found
