"""Trust: which files of strangers may start programs and steer plans.

A file is trusted when its fingerprint is recorded in `<home>/trust.json`. The fingerprint is over
its content and over the files of its own folder that its servers run, so that neither can change
unseen. Only `accept` records one, and only what `review` has shown.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from aether_agents.document import ENDINGS
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.discovery import discovered, parse
from aether_agents.mcp_host.server_file import FILE_NAMES, Declared
from aether_agents.mcp_host.showing import show_policy, show_server, show_text

Kind = Literal["servers", "template", "settings"]

#: A project's settings file, and the parts of it that steer what is allowed.
SETTINGS_FILE = "aether_agent.yaml"
#: The largest file that is read to be trusted.
LARGEST = 5 << 20


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
    #: Files of its own folder that its servers run: part of what is trusted.
    beside: tuple[Path, ...] = ()


class Trust:
    """The record of what was trusted, in one file of AETHER_HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.file = home / "trust.json"

    def is_trusted(self, path: Path, content: bytes) -> bool:
        """Whether a file with this very content was trusted.

        Raises:
            InvalidSettings: the record is damaged.
        """
        known = self._recorded().get(str(path.resolve()))
        return known is not None and known == fingerprint(path, content)

    def paths(self) -> list[Path]:
        """Every file that was trusted, and every file beside one that counts for it: a change of any matters."""
        record = self._read()
        return [
            Path(path)
            for path, entry in record.items()
            for path in (path, *entry.get("beside", "").split("\0"))
            if path
        ]

    def review(self, folder: Path, discovery: Path | None = None) -> list[Trustable]:
        """What a folder, and the folder of discovery, would do if they were trusted. Starts nothing.

        A file that is not well formed is shown with what is wrong, and as it is.

        Raises:
            InvalidSettings: the record is damaged, or a file cannot be read.
        """
        recorded = self._recorded()
        return [self._look(path, kind, recorded) for path, kind in _candidates(folder, discovery)]

    def accept(self, shown: Iterable[Trustable]) -> None:
        """Trust files as they were shown. If one has changed since, it will not match, and stays inert."""
        with self._locked():
            record = self._read()
            now = datetime.now(UTC).isoformat(timespec="seconds")
            for item in shown:
                beside = "\0".join(map(str, item.beside))
                entry = {"digest": item.digest, "kind": item.kind, "at": now, "beside": beside}
                record[str(item.path.resolve())] = entry
            self._write(record)

    def forget(self, path: Path) -> bool:
        """Trust a file no more; False when it was not trusted."""
        with self._locked():
            record = self._read()
            known = record.pop(str(path.resolve()), None) is not None
            self._write(record)
        return known

    def _look(self, path: Path, kind: Kind, recorded: Mapping[str, str]) -> Trustable:
        content = read_bounded(path)
        digest = fingerprint(path, content)
        known = recorded.get(str(path.resolve()))
        changed = known is not None and known != digest
        what, beside = _what(path, kind, content), tuple(_run_by(path, content))
        return Trustable(path, kind, digest, what, known == digest, changed, beside)

    def _recorded(self) -> dict[str, str]:
        return {path: entry.get("digest", "") for path, entry in self._read().items()}

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            data = json.loads(self.file.read_text(encoding="utf-8"))
            return {path: {key: str(value) for key, value in entry.items()} for path, entry in data["files"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidSettings(
                f"{self.file} is damaged ({error}): remove it, then look at each project with `aether-agent trust`"
            ) from None

    def _write(self, record: Mapping[str, Mapping[str, str]]) -> None:
        text = json.dumps({"version": 1, "files": record}, indent=1, sort_keys=True)
        handle, name = tempfile.mkstemp(dir=self._home, prefix=".trust-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._home / "trust.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def fingerprint(path: Path, content: bytes) -> str:
    """`sha256:…` over a file, and over the files beside it that its servers would run."""
    digest = hashlib.sha256(content)
    for beside in _run_by(path, content):
        digest.update(b"\0" + str(beside).encode() + b"\0" + hashlib.sha256(read_bounded(beside)).digest())
    return "sha256:" + digest.hexdigest()


def read_bounded(path: Path) -> bytes:
    """A file's content.

    Raises:
        InvalidSettings: it cannot be read, or is far too large to be what it should be.
    """
    try:
        if not path.is_file():  # a pipe would hold us for ever
            raise InvalidSettings(f"{path}: is not a regular file")
        if path.stat().st_size > LARGEST:
            raise InvalidSettings(f"{path}: over {LARGEST >> 20} MiB: that is no configuration")
        return path.read_bytes()
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be read: {error.strerror or error}") from None


def _run_by(path: Path, content: bytes) -> list[Path]:
    """Files of its own folder that a server file names in a command: they are part of what it does."""
    if path.name not in FILE_NAMES:
        return []
    try:
        servers = parse(path, content)
    except InvalidSettings:
        return []
    folder = path.parent.resolve()
    found = {_beside(folder, server, word) for server in servers for word in _command_words(server)}
    return sorted(item for item in found if item is not None)


def _command_words(server: Declared) -> list[str]:
    args = server.raw.get("args")
    return [word for word in (server.raw.get("command"), *(args if isinstance(args, list) else ())) if word]


def _beside(folder: Path, server: Declared, word: object) -> Path | None:
    text = str(word).replace("${workspaceFolder}", str(folder))
    base = folder / str(server.raw.get("cwd") or "")
    try:
        target = (base / text).resolve()
        inside = target.is_relative_to(folder) and target.is_file() and target.stat().st_size <= LARGEST
    except (OSError, ValueError):
        return None
    return target if inside else None


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
        lines = [line for server in parse(path, content) for line in show_server(server)]
    except InvalidSettings as error:
        return (*(f"starts nothing: {line}" for line in str(error).splitlines()), *show_text(content))
    beside = [f"runs the file {show_text(str(item).encode())[0]}" for item in _run_by(path, content)]
    return (*lines, *beside)
