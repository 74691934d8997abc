"""Installs a third-party server into an environment that it has to itself, at an exact version.

Never into the worker's: servers pin each other's libraries to versions that do not go together.
Never at run time. Made by uv or npm, next to the one in use, which is replaced in one step when all went well.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aether_agents.contracts import Install, ServerSpec
from aether_agents.mcp_host.install.command_runner import CommandRunner, Tell
from aether_agents.mcp_host.install.folders import server_folder
from aether_agents.mcp_host.install.package_managers import make, packages
from aether_agents.process.private_folder import make_private

#: Seconds an installation may take. The largest server measured took 22 s; a slow index takes minutes.
TIMEOUT = 900.0


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
        ServerDown: uv or npm is missing, failed or took too long; the error has its last lines.
    """
    if spec.install is None:
        return False
    wanted = packages(spec.install, spec.source)
    tell = on_progress or _silent
    with _locked(server_folder(home, spec.name)) as folder:
        if installed(spec, home):
            return False
        target = folder / f"env-{_stamp(spec.install)[8:20]}"
        shutil.rmtree(target, ignore_errors=True)
        tell(f"{spec.name}: an environment for {' '.join(wanted)}")
        steps = CommandRunner(spec.name, folder, tell, seconds)
        make(spec.install, wanted, target, steps, os.environ if environ is None else environ)
        (target / _stamp(spec.install)).write_text(spec.install.model_dump_json(by_alias=True), encoding="utf-8")
        _switch(folder, target)
    tell(f"{spec.name}: installed")
    return True


def _silent(_line: str) -> None:
    """Nobody listens."""


def _stamp(wanted: Install) -> str:
    """A file in the environment that says what it is made of."""
    text = json.dumps(wanted.model_dump(mode="json"), sort_keys=True)
    return "aether-" + hashlib.sha256(text.encode()).hexdigest()


def _link(spec: ServerSpec, home: Path) -> Path:
    return server_folder(home, spec.name) / "venv"


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    """One installation of a server at a time, over all processes."""
    make_private(folder.parent.parent)
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
