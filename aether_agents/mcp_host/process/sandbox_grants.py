"""Grants: the folders that calls have named, so that a server sees what it is asked about.

What a server sees is settled when it starts. So the first call that names something it does not see yet has it started
anew, seeing that too; the calls after it find it warm. What was granted ends with the server.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.install.folders import server_folder
from aether_agents.mcp_host.process.sandbox_view import Confinement, around, broad, seen

#: Once as many folders beside each other are granted, the folder around them is: not one start for each of a hundred.
NEIGHBOURS = 3


class Needs(NamedTuple):
    """The paths that a call names."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


NOTHING = Needs()


class Grant(NamedTuple):
    """How a folder is granted."""

    written: bool
    #: Which folder it is: another one of its name, made since, is not seen.
    which: tuple[int, int]


class Grants:
    """What each server was granted. Lives on one event loop."""

    def __init__(self, home: Path, confinement: Confinement) -> None:
        self._home = home
        self._confinement = confinement
        self._granted: dict[str, dict[Path, Grant]] = {}
        self._replaced: set[str] = set()

    def widened(self, spec: ServerSpec, needs: Needs) -> ServerSpec:
        """The server, seeing what was granted to it, and now what a call needs."""
        if not (needs.reads or needs.writes or spec.name in self._granted) or not self._confinement.confines(spec):
            return spec
        granted = self._granted.setdefault(spec.name, {})
        own = [(Path(path), False) for path in (*spec.reads, *filter(None, [spec.cwd]))]
        scratch = str(server_folder(self._home, spec.name) / "home")
        own += [(Path(path), True) for path in (*spec.writes, scratch)]
        for paths, written in ((needs.reads, False), (needs.writes, True)):
            for path in paths:
                if not os.path.isabs(path) or "\0" in path:
                    continue
                if _led_away(path, [one for one, may in own if may] + [one for one in granted if granted[one].written]):
                    continue
                for folder in self._folders(path, written):
                    if any(folder.is_relative_to(one) and may >= written for one, may in own):
                        continue
                    if self._grant(granted, folder, written):
                        self._replaced.add(spec.name)
        reads = tuple(str(path) for path, grant in granted.items() if not grant.written)
        writes = tuple(str(path) for path, grant in granted.items() if grant.written)
        return spec.model_copy(update={"reads": (*spec.reads, *reads), "writes": (*spec.writes, *writes)})

    def outlived(self, server: str) -> bool:
        """Whether a server sees a folder that is there no more, in place of another one of its name. Asked once."""
        known = server in self._replaced
        self._replaced.discard(server)
        return known

    def forget(self, server: str) -> None:
        """The server has ended."""
        self._granted.pop(server, None)
        self._replaced.discard(server)

    def _grant(self, granted: dict[Path, Grant], folder: Path, written: bool) -> bool:
        """Grant a folder; whether what was granted for it has been replaced since."""
        for one, grant in granted.items():
            if folder.is_relative_to(one) and grant.written >= written:
                granted[one] = Grant(grant.written, _which(one))
                return granted[one] != grant
        granted[folder] = Grant(written, _which(folder))
        beside = [one for one, grant in granted.items() if one.parent == folder.parent and grant.written == written]
        if len(beside) >= NEIGHBOURS and not broad(folder.parent):
            for one in beside:
                del granted[one]
            granted[folder.parent] = Grant(written, _which(folder.parent))
        return False

    def _folders(self, path: str, written: bool) -> Iterator[Path]:
        """What is granted for a path: its root, its repository or its folder, and the links that it names that by."""
        real = Path(os.path.realpath(path))
        if not seen(real, self._home) or not (written or os.path.exists(real)):
            return  # out of bounds
        roots = [root.resolve() for root in self._confinement.roots]
        if roots and not real.is_relative_to(self._home.resolve() / "reports"):
            top = next((root for root in roots if real.is_relative_to(root)), None)
        else:
            folder = around(real)
            top = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)
            top = folder if broad(top) else top
        if top is not None:
            yield top
            if (named := Path(os.path.normpath(path))) != real and os.path.exists(real):
                yield named


def _led_away(path: str, writable: list[Path]) -> bool:
    """Whether a link leads out of what a server can write to: it may have laid it there itself."""
    named, real = Path(os.path.normpath(path)), Path(os.path.realpath(path))
    return any(named.is_relative_to(one) and not real.is_relative_to(os.path.realpath(one)) for one in writable)


def _which(folder: Path) -> tuple[int, int]:
    try:
        found = folder.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino
