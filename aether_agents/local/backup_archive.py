"""BackupArchive: one compressed tar with a snapshot of the store, files of AETHER_HOME, and a manifest of both.

manifest.json      what is in it: versions, counts, and the SHA-256 of each file; its own seal stands in `seal`
seal               a keyed hash of the manifest, by who has the sealing key: nobody else can have changed it
store              the keys of the snapshot, each with lengths before it
home/...           files of AETHER_HOME
sealing.key        only where it was asked for
"""

import hashlib
import io
import json
import os
import struct
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from aether_agents.contracts import Json
from aether_agents.errors import InvalidSettings
from aether_agents.local.backup_manifest import Manifest, seal_of
from aether_agents.store.system.snapshot import Record

MANIFEST, SEAL, STORE, HOME, KEY = "manifest.json", "seal", "store", "home/", "sealing.key"

#: Of AETHER_HOME: what is made anew, belongs to one machine, or is a secret that is made anew.
LEFT_OUT = (
    "stack",
    "servers",
    "environments",
    "cache",
    "heads",
    "trust.lock",
    "serve.token",
    "flower.password",
    "logs",
)

_LENGTHS = struct.Struct(">IQQ")
_CHUNK = 1 << 20
#: Largest manifest that is read.
_MANIFEST_MAX = 64 << 20


class Spool:
    """The snapshot on its way into an archive: a file that nobody else reads."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.count = 0

    def write(self, records: Iterable[Record]) -> None:
        """Write keys."""
        for record in records:
            name = record.name.encode()
            self.file.write(_LENGTHS.pack(len(name), record.expires_at, len(record.value)) + name + record.value)
            self.count += 1
        self.file.flush()


@contextmanager
def spool(beside: Path) -> Iterator[Spool]:
    """Room for a snapshot in the folder where the archive will lie."""
    with tempfile.TemporaryFile(dir=beside) as file:
        yield Spool(file)


def home_files(home: Path) -> list[Path]:
    """The files of AETHER_HOME that are kept, by their place there."""
    found: list[Path] = []
    for folder, inner, names in os.walk(home):
        place = Path(folder).relative_to(home)
        inner[:] = sorted(one for one in inner if place != Path() or one not in LEFT_OUT)
        for name in sorted(names):
            path = Path(folder) / name
            if (place != Path() or name not in LEFT_OUT) and path.is_file() and not path.is_symlink():
                found.append(place / name)
    return found


def write_archive(
    target: Path,
    spooled: Spool,
    home: Path,
    key: bytes,
    about: Mapping[str, Json],
    secret: bytes,
    private: Iterable[Path] = (),
) -> int:
    """Write an archive beside its place, and put it there when it is whole. Gives its size.

    Args:
        target: the file, which is replaced.
        spooled: the store's part.
        home: AETHER_HOME.
        key: content of the key file, if it is to be in it.
        about: the manifest's fields, but for `files` and `keys`.
        secret: what the manifest is sealed with.
        private: files with keys, which are left out wherever they lie.
    """
    keys = {one.resolve() for one in private}
    digests: dict[str, str] = {}
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as tar:
            spooled.file.seek(0)
            _add(tar, STORE, spooled.file, os.fstat(spooled.file.fileno()).st_size, digests)
            for path in (one for one in home_files(home) if (home / one).resolve() not in keys):
                with (home / path).open("rb") as file:
                    _add(tar, f"{HOME}{path.as_posix()}", file, os.fstat(file.fileno()).st_size, digests)
            if key:
                _add(tar, KEY, io.BytesIO(key), len(key), digests)
            manifest = Manifest.model_validate({**about, "keys": spooled.count, "files": digests})
            text = manifest.model_dump_json(indent=1).encode()
            for part, content in ((MANIFEST, text), (SEAL, seal_of(text, secret).encode())):
                _add(tar, part, io.BytesIO(content), len(content), {})
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target.stat().st_size


def read_manifest(archive: Path) -> tuple[Manifest, bytes, str]:
    """The manifest of an archive whose files are all as they were written, its text, and its seal.

    Raises:
        InvalidSettings: it is no archive of ours, was cut or changed, or a later version wrote it.
    """
    digests: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    if not archive.is_file():  # a pipe without a writer would hold us
        raise InvalidSettings(f"{archive} cannot be read: it is not a regular file")
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is None or member.name in digests or member.name in kept:
                    raise InvalidSettings(f"{archive} holds `{member.name}`, which no archive of ours does")
                if member.name in (MANIFEST, SEAL):
                    kept[member.name] = file.read(_MANIFEST_MAX)
                else:
                    digests[member.name] = _digest(file)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InvalidSettings(f"{archive} cannot be read, or was cut: {error}") from None
    try:
        about = json.loads(kept[MANIFEST])
        if isinstance(about, dict) and about.get("form") != 1:
            raise InvalidSettings(f"{archive} was written by version {about.get('version')}: restore it with that one")
        manifest = Manifest.model_validate(about)
    except (KeyError, ValueError, ValidationError):
        raise InvalidSettings(f"{archive} has no manifest: it is no backup of ours, or was cut") from None
    if wrong := sorted(name for name in {*digests, *manifest.files} if digests.get(name) != manifest.files.get(name)):
        raise InvalidSettings(f"{archive} was changed or is damaged: {', '.join(wrong[:5])}")
    return manifest, kept[MANIFEST], kept.get(SEAL, b"").decode(errors="replace")


def records_of(archive: Path) -> Iterator[Record]:
    """The keys of an archive."""
    with tarfile.open(archive, "r:gz") as tar:
        file = tar.extractfile(STORE)
        while file is not None and (head := file.read(_LENGTHS.size)):
            named, until, length = _LENGTHS.unpack(head)
            yield Record(file.read(named).decode(), until, file.read(length))


def unpack_home(archive: Path, home: Path, head: int) -> int:
    """Write the files of AETHER_HOME, for their owner alone. How many there are.

    `head` is where the audit record of the store ends: a head that was seen a moment later is of another life.
    """
    count = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            if not member.name.startswith(HOME):
                continue
            place = home / member.name.removeprefix(HOME)
            file = tar.extractfile(member)
            if file is None or not place.resolve().is_relative_to(home.resolve()):
                raise InvalidSettings(f"{archive} holds `{member.name}`, which lies outside of AETHER_HOME")
            if place.name == "head.json" and place.parent.parent == home / "audit":
                content = file.read(_MANIFEST_MAX)
                if _number(content) > head:
                    continue
                file = io.BytesIO(content)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                while chunk := file.read(_CHUNK):
                    out.write(chunk)
            count += 1
    return count


def key_in(archive: Path) -> bytes:
    """The sealing key that was put into an archive; nothing where it was kept out."""
    with tarfile.open(archive, "r:gz") as tar:
        file = tar.extractfile(KEY) if KEY in tar.getnames() else None
        return file.read(_MANIFEST_MAX) if file is not None else b""


def _add(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int, digests: dict[str, str]) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, 0o600
    hashed = _Hashed(file)
    tar.addfile(about, hashed)
    digests[name] = hashed.digest.hexdigest()


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _number(head: bytes) -> int:
    """Number of the entry that a head of the audit record names."""
    try:
        about = json.loads(head)
        return int(about.get("number", 0)) if isinstance(about, dict) else 0
    except (ValueError, TypeError):
        return 0
