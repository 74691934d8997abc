"""Trust: which files of strangers may start programs and steer plans.

A file is trusted when its fingerprint is recorded in `<home>/trust.json`. The fingerprint is over its content and,
where it starts programs, over every file of the folders whose code they can run (`mcp_host.reach`): after a change
of any of them nothing of it is started until a person has looked again. So a server that writes into its project,
or a project that is being worked on, keeps asking; the user's own `<home>/mcp.json` is the place for those, and
needs no trust. Only `accept` records a fingerprint, and only of what `review` has shown.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from aether_agents.document import ENDINGS
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.bounded import read_bounded
from aether_agents.mcp_host.discovery import PROJECT, discovered, parse
from aether_agents.mcp_host.reach import reach
from aether_agents.mcp_host.server_file import FILE_NAMES, Declared, is_server_file
from aether_agents.mcp_host.showing import show_policy, show_server, show_text, visible
from aether_agents.mcp_host.tree import Tree
from aether_agents.mcp_host.trust_record import Entry, Kind, TrustRecord

#: A project's settings file, and the parts of it that steer what is allowed.
SETTINGS_FILE = "aether_agent.yaml"


class Trustable(NamedTuple):
    """A file that may do nothing until it is trusted, and what it would do."""

    path: Path
    kind: Kind
    digest: str
    #: Exact and whole: commands, addresses, templates, policy. Control characters are made visible.
    what: tuple[str, ...]
    trusted: bool
    #: Whether it was trusted with another content before.
    changed: bool
    #: Folders whose code its servers can run, and files with their variables: all in them is part of what is trusted.
    covers: tuple[Path, ...] = ()
    #: Why it cannot be trusted as it is, with the mend.
    refused: str = ""


class Trust:
    """The record of what was trusted, in one file of AETHER_HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._record = TrustRecord(home)
        self.file = self._record.file

    def is_trusted(self, path: Path, content: bytes) -> bool:
        """Whether a file with this very content was trusted.

        Raises:
            InvalidSettings: the record is damaged.
        """
        known = self._record.read().get(str(path.resolve()))
        return known is not None and known.digest == self._fingerprint(path, content)

    def watched(self) -> list[Path]:
        """Every file that was trusted, and every folder that counts for one.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return [Path(path) for file, entry in self._record.read().items() for path in (file, *entry.covers)]

    def stamp(self) -> tuple[object, ...]:
        """Another one after any change of the record, or of anything that was trusted. Reads no content.

        Raises:
            InvalidSettings: the record is damaged.
        """
        return tuple(self._stamp(path) for path in (self.file, *self.watched()))

    def review(self, folder: Path, discovery: Path | None = None) -> list[Trustable]:
        """What a folder, and the folder of discovery, would do if they were trusted. Starts nothing.

        A file that is not well formed is shown with what is wrong, and as it is.

        Raises:
            InvalidSettings: the record is damaged, or a file cannot be read.
        """
        recorded = self._record.read()
        return [self._look(path, kind, recorded) for path, kind in _candidates(folder, discovery)]

    def accept(self, shown: Iterable[Trustable]) -> None:
        """Trust files as they were shown. If one has changed since, it will not match, and stays inert.

        What is refused is passed over.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._record.changing() as record:
            for item in shown:
                if not item.refused:
                    entry = Entry(digest=item.digest, kind=item.kind, at=now, covers=tuple(map(str, item.covers)))
                    record[str(item.path.resolve())] = entry

    def forget(self, path: Path) -> bool:
        """Trust a file no more; False when it was not trusted."""
        with self._record.changing() as record:
            return record.pop(str(path.resolve()), None) is not None

    def _look(self, path: Path, kind: Kind, recorded: Mapping[str, Entry]) -> Trustable:
        content, entry = read_bounded(path), recorded.get(str(path.resolve()))
        known = entry.digest if entry else None
        try:
            digest = self._fingerprint(path, content)
            covers = _covered(path, content)
            what = (*_what(path, kind, content), *(self._describe(place) for place in covers if place.is_dir()))
        except InvalidSettings as error:
            why = visible(str(error))
            return Trustable(path, kind, "", (f"cannot be trusted: {why}",), False, known is not None, (), why)
        return Trustable(path, kind, digest, what, known == digest, known not in (None, digest), covers)

    def _describe(self, folder: Path) -> str:
        files, size = Tree(folder, self._home).size()
        return f"can run any of the {files:,} files ({size / 1e6:.1f} MB) in {visible(str(folder))}"

    def _fingerprint(self, path: Path, content: bytes) -> str:
        """`sha256:…` over a file, and over every file that its servers can run or get variables from."""
        digest = hashlib.sha256(content)
        for place in _covered(path, content):
            digest.update(b"\0" + bytes(place) + b"\0" + Tree(place, self._home).digest())
        return "sha256:" + digest.hexdigest()

    def _stamp(self, path: Path) -> object:
        if not path.is_dir():
            return stamp(path)
        try:
            return Tree(path, self._home).stamp()
        except InvalidSettings:
            return "too large"


def stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever a file does, also where a copy kept the time of writing."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino


def _covered(path: Path, content: bytes) -> tuple[Path, ...]:
    """The folders whose code a file's servers can run, and the files with their variables; none twice.

    Raises:
        InvalidSettings: it cannot be told where one would run, or which variables it would have.
    """
    servers = _servers(path, content)
    folders = {folder for server in servers for folder in reach(server)}
    return tuple(sorted(folders | {server.env_file for server in servers if server.env_file is not None}))


def _servers(path: Path, content: bytes) -> list[Declared]:
    if not is_server_file(path) and path.name != PROJECT:
        return []
    try:
        return parse(path, content)
    except InvalidSettings:
        return []  # it is not well formed, so nothing of it is started


def _candidates(folder: Path, discovery: Path | None) -> Iterator[tuple[Path, Kind]]:
    for name in FILE_NAMES:
        if (folder / name).is_file():
            yield folder / name, "servers"
    if discovery is not None:
        for path in discovered(discovery):
            yield path, "servers"
    for path in sorted((folder / "templates").glob("*")):
        if path.suffix in ENDINGS and path.is_file():
            yield path, "template"
    settings = folder / SETTINGS_FILE
    if settings.is_file() and show_policy(settings, read_bounded(settings)):
        yield settings, "settings"


def _what(path: Path, kind: Kind, content: bytes) -> tuple[str, ...]:
    if kind == "template":
        return show_text(content)
    if kind == "settings":
        return show_policy(path, content)
    try:
        servers = parse(path, content)
    except InvalidSettings as error:
        return (*(f"starts nothing: {line}" for line in str(error).splitlines()), *show_text(content))
    return tuple(line for server in servers for line in show_server(server))
