"""Fingerprint: what a trusted file may do, as hashes: its own content, and what its servers can run, file by file."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.discovery import PROJECT, parse
from aether_agents.mcp_host.files.products import is_server_file
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.trust.code_folders import folders_of
from aether_agents.mcp_host.trust.folder_content import DIGITS, FolderContent
from aether_agents.mcp_host.trust.runnable_files import counts, named
from aether_agents.process.regular_file import LARGEST, read_regular


class Fingerprint(NamedTuple):
    """What is compared with what was shown."""

    digest: str  #: over all of it
    said: str  #: over what it declares: its own content, and the variables of its servers' files
    files: Mapping[str, str]  #: a hash by path, of each file that its servers can run
    covers: tuple[Path, ...]  #: the folders they lie in, and the files elsewhere


class Difference(NamedTuple):
    """Why a file is not what was trusted any more."""

    path: Path
    how: str  #: `changed`, `new` or `gone`
    since: datetime | None  #: when that was, as far as the file system tells

    def __str__(self) -> str:
        since = f" since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        return f"{self.path} is {self.how}{since}"


def fingerprint(path: Path, content: bytes, home: Path) -> Fingerprint:
    """The fingerprint of a file with this content, as the folders of its servers are now.

    Raises:
        InvalidSettings: a folder is too large, or it cannot be told where a server would run.
    """
    servers = [
        server for server in _servers(path, content) if server.raw.get("command") is not None and not server.fault
    ]
    files: dict[str, str] = {}
    covers: set[Path] = set()
    said = hashlib.sha256(content)
    for server in servers:
        if server.disabled:
            continue
        for folder in folders_of(server):
            covers.add(folder)
            files |= FolderContent(folder, home, counts(server)).contents()
        for one in named(server):
            files[str(one)] = _hash(one)
            if not any(one.is_relative_to(folder) for folder in covers):
                covers.add(one)
        if server.env_file is not None:
            covers.add(server.env_file)
            said.update(b"\0" + _hash(server.env_file).encode())
    whole = hashlib.sha256(said.digest())
    for name, known in sorted(files.items()):
        whole.update(f"\0{name}\0{known}".encode("utf-8", "surrogateescape"))
    digest, own = f"sha256:{whole.hexdigest()}", f"sha256:{said.hexdigest()}"
    return Fingerprint(digest, own, files, tuple(sorted(covers)))


def difference(path: Path, said_before: str, files_before: Mapping[str, str], now: Fingerprint) -> Difference | None:
    """The first thing that is not as it was trusted; None where all is, or where nobody recorded what it was."""
    if said_before and said_before != now.said:
        return Difference(path, "changed", _written(path))
    if not files_before:
        return None
    for name in sorted({*files_before, *now.files}):
        before, after = files_before.get(name), now.files.get(name)
        if before == after:
            continue
        how = "new" if before is None else "gone" if after is None else "changed"
        return Difference(Path(name), how, None if after is None else _written(Path(name)))
    return None


def folders(covers: Iterable[Path]) -> list[Path]:
    """Those of what is covered that are folders."""
    return [place for place in covers if place.is_dir()]


def _servers(path: Path, content: bytes) -> list[Declared]:
    if not is_server_file(path) and path.name != PROJECT:
        return []
    try:
        return parse(path, content)
    except InvalidSettings:
        return []  # it is not well formed, so nothing of it is started


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(read_regular(path, LARGEST)).hexdigest()[:DIGITS]
    except OSError:
        return "unreadable"


def _written(path: Path) -> datetime | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return datetime.fromtimestamp(max(found.st_mtime, found.st_ctime), UTC)
