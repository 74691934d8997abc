"""SandboxView: what a server that is not ours may see on this machine.

That is what its command, its arguments and its variables name, the folder it runs in, and what its entry `reads`, all
read-only; what its entry `writes`; its own environment, and its scratch HOME. Never AETHER_HOME, and what else is
private: the keys, the stack's socket, the records of trust.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import Isolation, ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.install.folders import server_folder
from aether_agents.settings.loader import user_file
from aether_agents.settings.model import Settings
from aether_sandbox.confine import Mechanism, mechanism
from aether_sandbox.layout import View

#: Folders that many share: what lies in one is shown by itself, never with what lies beside it.
SHARED = ("/var/tmp",)


class Confinement(NamedTuple):
    """How the servers of a process are confined."""

    isolation: Isolation = "auto"
    #: What no server may see, beside AETHER_HOME.
    private: tuple[Path, ...] = ()
    #: What the calls of a tool may touch, if that is bounded.
    roots: tuple[Path, ...] = ()

    @property
    def by(self) -> Mechanism | None:
        """The mechanism that is used."""
        return None if self.isolation == "off" else mechanism()

    def confines(self, spec: ServerSpec) -> bool:
        """Whether a server is confined here: a program, and not one of ours."""
        return spec.url is None and not ours(spec) and self.by is not None

    def checked(self, spec: ServerSpec) -> None:
        """Refuse a server that may only run confined, where it cannot be.

        Raises:
            ServerDown: `isolation` is `required`, and this machine has no mechanism.
        """
        if self.isolation == "required" and self.by is None and spec.url is None and not ours(spec):
            raise ServerDown(
                f"server `{spec.name}` is not started: `isolation` is `required`, and this machine cannot confine a "
                "program (no bubblewrap, no user namespaces, no Landlock): install bubblewrap, allow user namespaces, "
                "or set `isolation: auto`"
            )


#: Nothing is confined.
UNCONFINED = Confinement(isolation="off")


def confinement_of(settings: Settings) -> Confinement:
    """How servers are confined by these settings."""
    agentserver, key = settings.agentserver, settings.encryption.key_file
    private = [user_file(os.environ), key, agentserver.token_file, _socket(settings.broker.url)]
    return Confinement(settings.isolation, tuple(path for path in private if path is not None), settings.roots)


def _socket(url: str | None) -> Path | None:
    return Path(url.removeprefix("unix://").partition("?")[0]) if url and url.startswith("unix://") else None


def ours(spec: ServerSpec) -> bool:
    """Whether a server came with an installed specialist and runs in the worker's own interpreter: as trusted as it."""
    return spec.bundled and spec.command == sys.executable


def view_of(spec: ServerSpec, home: Path, program: str, cwd: Path, search: str, confinement: Confinement) -> View:
    """What a server sees when it is started."""
    own = server_folder(home, spec.name)
    named = [around(path) for path in _named(spec, program, cwd)]
    reads = [path for path in named if not (path.is_dir() and broad(path))]  # those it `reads`, if it must
    reads += [Path(spec.cwd)] if spec.cwd else []
    reads += [Path(path) for path in (*spec.reads, *spec.sources)]
    return View(
        folder=cwd,
        home=own / "home",
        reads=(own / "venv", *(path for path in reads if seen(path, home))),
        writes=(own / "pycache", *(Path(path) for path in spec.writes if seen(Path(path), home))),
        hidden=(home, *confinement.private),
        network=spec.network is not False,
        search=search,
    )


def seen(path: Path, home: Path) -> bool:
    """Whether a server may see a path if it is named: of AETHER_HOME the reports alone."""
    real, kept = Path(os.path.realpath(path)), Path(os.path.realpath(home))
    return not real.is_relative_to(kept) or real.is_relative_to(kept / "reports")


def around(path: Path) -> Path:
    """A folder, or the folder of a file; the file alone where its folder is one of everything."""
    if path.is_dir() or broad(path.parent):
        return path
    return path.parent


def broad(folder: Path) -> bool:
    """Whether a folder holds what does not belong together: a person's home, what is above it, the first level."""
    home = Path.home()
    return folder == home or home.is_relative_to(folder) or len(folder.parts) <= 2 or str(folder) in SHARED  # noqa: PLR2004


def _named(spec: ServerSpec, program: str, cwd: Path) -> Iterator[Path]:
    """The paths in a server's command, arguments and variables that are there."""
    words = [program, *spec.args, *(word.partition("=")[2] for word in spec.args if word.startswith("-"))]
    words += [part for value in spec.env.values() for part in value.split(os.pathsep)]
    for word in filter(None, words):
        path = cwd / os.path.expanduser(word)
        if (os.sep in word or word in spec.args) and len(word) < os.pathconf("/", "PC_PATH_MAX") and _exists(path):
            yield path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or a zero byte
        return False
