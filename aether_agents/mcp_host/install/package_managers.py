"""Recipes: how an environment is made for a Python package, by uv, and for a Node package, by npm.

Exact versions only. A Node package's own scripts are not run: a server that needs one to be built is not a server
that starts the same way twice. Both environments have their programs in `bin`.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from aether_agents.contracts import Install
from aether_agents.errors import InvalidSettings, ServerDown
from aether_agents.mcp_host.install.command_runner import CommandRunner
from aether_agents.mcp_host.install.package_index import uv_environment

_EXACT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,-]+\])?==[A-Za-z0-9][A-Za-z0-9.+!_-]*$")
_EXACT_NPM = re.compile(r"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@\d+\.\d+\.\d+[A-Za-z0-9.+-]*$")
#: Where machines keep the certificates they trust: Debian and its like, Red Hat and its like, macOS and Alpine.
_CERTIFICATES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
#: npm, quiet, and without what it would run or send unasked.
_NPM_OPTIONS = (
    "--ignore-scripts", "--omit=dev", "--save-exact", "--no-audit", "--no-fund", "--no-update-notifier",
    "--loglevel=error",
)  # fmt: skip


def packages(wanted: Install, source: str) -> list[str]:
    """What is asked of the registry: the package at its exact version, and constraints beside it.

    Raises:
        InvalidSettings: the version is not exact, or a constraint is not one.
    """
    if wanted.npm:
        if not _EXACT_NPM.match(wanted.npm):
            raise InvalidSettings(f"{source}: `install.npm` is `{wanted.npm}`: name an exact version, `name@1.2.3`")
        return [wanted.npm]
    if not _EXACT.match(wanted.pypi):
        raise InvalidSettings(f"{source}: `install.pypi` is `{wanted.pypi}`: name an exact version, `name==1.2.3`")
    for constraint in wanted.with_:
        try:
            Requirement(constraint)
        except InvalidRequirement as error:
            raise InvalidSettings(f"{source}: `install.with`: `{constraint}` is not a constraint: {error}") from None
    return [wanted.pypi, *wanted.with_]


def make(wanted: Install, asked: list[str], target: Path, steps: CommandRunner, environ: Mapping[str, str]) -> None:
    """Make the environment.

    Raises:
        ServerDown: the package manager is missing, failed or took too long.
    """
    if wanted.npm:
        _node(asked, target, steps, environ)
    else:
        _python(wanted, asked, target, steps, environ)


def _python(wanted: Install, asked: list[str], target: Path, steps: CommandRunner, environ: Mapping[str, str]) -> None:
    uv, env = find_uv(), uv_environment(environ)
    steps.run(uv, "venv", "--quiet", "--python", wanted.python or sys.executable, str(target), env=env)
    python = str(target / "bin" / "python")
    steps.run(uv, "pip", "install", "--compile-bytecode", "--python", python, "--", *asked, env=env)


def _node(asked: list[str], target: Path, steps: CommandRunner, environ: Mapping[str, str]) -> None:
    """npm's own settings (a registry, a proxy) hold, those of the user; a project's are not looked at.

    Node brings certificates of its own and knows none of the machine's, and `--prefix` hides npm's global settings,
    which may name them: so it is told of the machine's, as uv is.
    """
    npm = find_npm(environ)
    if not environ.get("NODE_EXTRA_CA_CERTS") and (known := next(filter(Path.is_file, _CERTIFICATES), None)):
        environ = {**environ, "NODE_EXTRA_CA_CERTS": str(known)}
    target.mkdir(parents=True)
    (target / "package.json").write_text(json.dumps({"name": "environment", "private": True}), encoding="utf-8")
    steps.run(npm, "install", "--prefix", str(target), *_NPM_OPTIONS, "--", *asked, env=environ)
    (target / "bin").symlink_to(Path("node_modules") / ".bin")


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


def find_npm(environ: Mapping[str, str]) -> str:
    """The npm on PATH.

    Raises:
        ServerDown: there is none.
    """
    found = shutil.which("npm", path=environ.get("PATH"))
    if found is None:
        raise ServerDown("npm, which makes the environments of Node servers, is not on PATH: install Node 20 or later")
    return found
