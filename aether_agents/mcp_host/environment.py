"""What a server is started with: its folders, its environment, its program.

A server gets an allow-list of the worker's environment and a scratch HOME. Nothing else: no broker
address, no sealing key, no credentials of the user, unless its `env` names them.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import ServerSpec
from aether_agents.errors import InvalidSettings, ServerDown

#: What passes from the worker to every server. Certificates, because a server behind a company's
#: proxy needs the company's own; never proxies themselves, whose addresses may hold passwords.
ALLOWED = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "USER", "LOGNAME", "TMPDIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT",
)  # fmt: skip
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


class Launch(NamedTuple):
    """A program to start, with all it is started with."""

    command: str
    args: tuple[str, ...]
    env: dict[str, str]
    cwd: str


def server_folder(home: Path, name: str) -> Path:
    """The folder of a server under AETHER_HOME.

    Raises:
        InvalidSettings: the name would lead out of it.
    """
    if not name.strip("."):
        raise InvalidSettings(f"a server cannot be called `{name}`: give it a name with a letter in it")
    return home / "servers" / name


def venv_bin(home: Path, name: str) -> Path:
    """Where the programs of a server's own environment are."""
    return server_folder(home, name) / "venv" / "bin"


def launch(spec: ServerSpec, home: Path, environ: Mapping[str, str] | None = None) -> Launch:
    """How a stdio server is started; makes its scratch HOME.

    Raises:
        ServerDown: its program, or the environment it should be in, is not there; the error names the mend.
    """
    scratch = server_folder(home, spec.name) / "home"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    cwd = Path(spec.cwd).expanduser() if spec.cwd else scratch
    if not cwd.is_dir():
        raise ServerDown(f"server `{spec.name}`: its folder {cwd} does not exist; correct `cwd` in {spec.source}")
    env = server_environment(spec, home, os.environ if environ is None else environ)
    return Launch(program(spec, home, env["PATH"], cwd), spec.args, env, str(cwd))


def server_environment(spec: ServerSpec, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The allow-list, the scratch HOME, the server's own programs first on PATH, and its `env`."""
    env = {name: environ[name] for name in ALLOWED if name in environ}
    env["HOME"] = str(server_folder(home, spec.name) / "home")
    env.setdefault("PATH", DEFAULT_PATH)
    env.update(spec.env)
    if spec.install is not None:
        env["PATH"] = f"{venv_bin(home, spec.name)}{os.pathsep}{env['PATH']}"
    return env


def program(spec: ServerSpec, home: Path, path: str, cwd: Path) -> str:
    """The program's full path: in the server's own environment first, then on PATH.

    Raises:
        ServerDown: there is none.
    """
    command = os.path.expanduser(spec.command or "")  # noqa: PTH111 - a bare name must stay bare
    if os.sep in command:
        found = shutil.which(cwd / command)
    else:
        if spec.install is not None and not venv_bin(home, spec.name).is_dir():
            raise ServerDown(
                f"server `{spec.name}` is not installed yet: run `aether-agent servers install {spec.name}`"
            )
        found = shutil.which(command, path=path)
    if found is None:
        raise ServerDown(
            f"server `{spec.name}`: the program `{spec.command}` is not there; install it, "
            f"or correct `command` in {spec.source or 'its file'}"
        )
    return found
