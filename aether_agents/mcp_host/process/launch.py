"""What a server is started with: its folders, its environment, its program.

A server gets an allow-list of the worker's environment and a scratch HOME. Nothing else: no broker
address, no sealing key, no credentials of the user, unless its `env` names them.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.install.folders import server_folder, venv_bin
from aether_agents.mcp_host.install.installer import installed
from aether_agents.mcp_host.process.sandbox_view import UNCONFINED, Confinement, ours, view_of
from aether_agents.process.git_identity import WANTED, git_identity
from aether_agents.process.private_folder import make_private
from aether_sandbox.confine import Mechanism
from aether_sandbox.layout import View

#: What passes from the worker to every server. Certificates, because a server behind a company's
#: proxy needs the company's own.
ALLOWED = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "USER", "LOGNAME", "TMPDIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT",
)  # fmt: skip
#: What passes to servers of ours alone, which tell nobody: the addresses of proxies may hold passwords.
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
#: How names begin that are read once, when a program or the MCP library is loaded: a fork would not heed them.
READ_ONCE = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "OPENSSL_", "OTEL_")
#: Columns that servers are told their log has: theirs is kept in a file, where a wrapped path is a lost one.
LOG_COLUMNS = "1000"

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


class Module(NamedTuple):
    """A Python module to run as a program, and the program's arguments."""

    name: str
    args: tuple[str, ...]


class Launch(NamedTuple):
    """A program to start, with all it is started with."""

    name: str
    command: str
    args: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    #: What a fork of our own interpreter runs instead; None where only the program itself will do.
    module: Module | None = None
    #: What it sees, and the mechanism that confines it; None where it is not confined.
    sandbox: tuple[View, Mechanism] | None = None


def launch(
    spec: ServerSpec,
    home: Path,
    environ: Mapping[str, str] | None = None,
    confinement: Confinement = UNCONFINED,
) -> Launch:
    """How a stdio server is started; makes its scratch HOME.

    Raises:
        ServerDown: its program, or the environment it should be in, is not there, or it may only run confined, and
            cannot be; the error names the fix.
    """
    scratch = server_folder(home, spec.name) / "home"
    make_private(home)
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    cwd = Path(spec.cwd).expanduser() if spec.cwd else scratch
    if not cwd.is_dir():
        raise ServerDown(f"server `{spec.name}`: its folder {cwd} does not exist; correct `cwd` in {spec.source}")
    env = server_environment(spec, home, os.environ if environ is None else environ)
    found = program(spec, home, env["PATH"], cwd)
    confinement.checked(spec)
    if ours(spec) and confinement.isolation != "auto" and confinement is not UNCONFINED:  # which nobody has said
        env["AETHER_ISOLATION"] = confinement.isolation  # for the scanners that it starts
    sandbox = None
    if (by := confinement.by) is not None and confinement.confines(spec):
        (server_folder(home, spec.name) / "pycache").mkdir(exist_ok=True, mode=0o700)
        sandbox = view_of(spec, home, found, cwd, env["PATH"], confinement), by
    return Launch(spec.name, found, spec.args, env, str(cwd), _module(spec), sandbox)


def common_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What every server gets of the worker's environment."""
    return {"PATH": DEFAULT_PATH, "COLUMNS": LOG_COLUMNS} | {name: environ[name] for name in ALLOWED if name in environ}


def server_environment(spec: ServerSpec, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The allow-list, the scratch HOME, the server's own programs first on PATH, and its `env`."""
    env = common_environment(environ)
    env["HOME"] = str(server_folder(home, spec.name) / "home")
    if spec.cwd:  # the folder is watched: what Python makes of its code must not count as a change of it
        env["PYTHONPYCACHEPREFIX"] = str(server_folder(home, spec.name) / "pycache")
    if ours(spec):
        env |= {name: value for name, value in environ.items() if name.lower() in PROXIES}
    env.update(spec.env)
    if spec.bundled and env.pop(WANTED, ""):
        env |= git_identity(environ).environment()
    if spec.install is not None:
        env["PATH"] = f"{venv_bin(home, spec.name)}{os.pathsep}{env['PATH']}"
    return env


def _module(spec: ServerSpec) -> Module | None:
    """The module of a bundled server. Of what is read once, a fork knows the path of modules alone."""
    ours = spec.bundled and spec.command == sys.executable
    plain = all(name == "PYTHONPATH" for name in spec.env if name.startswith(READ_ONCE))
    match spec.args:
        case ("-P", "-m", module, *args) if ours and plain:
            return Module(module, tuple(args))
    return None


def program(spec: ServerSpec, home: Path, path: str, cwd: Path) -> str:
    """The program's full path: in the server's own environment first, then on PATH.

    Raises:
        ServerDown: there is none.
    """
    command = os.path.expanduser(spec.command or "")  # noqa: PTH111 - a bare name must stay bare
    if os.sep in command:
        found = shutil.which(str(cwd / command))
    else:
        if not installed(spec, home):
            package = spec.install.package if spec.install else ""
            raise ServerDown(
                f"server `{spec.name}` ({package}) is not installed: run `aether-agent servers install {spec.name}`"
            )
        found = shutil.which(command, path=path)
    if found is None:
        raise ServerDown(
            f"server `{spec.name}`: the program `{spec.command}` is not there; install it, "
            f"or correct `command` in {spec.source or 'its file'}"
        )
    return found
