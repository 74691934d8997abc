"""What a file holds, as text: whatever its name, encoding or stray bytes, and what is in an archive."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, cast

from workers.inspection.archives import archive_kind
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped
from workers.inspection.text import decoded, is_no_text

from .encodings import otherwise

#: Bytes of a file that is no text, of an archive, and of all that is in one archive.
MAX_BINARY_BYTES = 64 << 20
#: Archives in archives, and files of one.
MAX_DEPTH, MAX_MEMBERS = 2, 5_000
_STREAMS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    "gzip": lambda packed: cast("IO[bytes]", gzip.GzipFile(fileobj=packed)),
    "bzip2": lambda packed: cast("IO[bytes]", bz2.BZ2File(packed)),
    "lzma": lambda packed: cast("IO[bytes]", lzma.LZMAFile(packed)),  # noqa: SIM115 - it is over bytes
    "xz": lambda packed: cast("IO[bytes]", lzma.LZMAFile(packed)),  # noqa: SIM115 - it is over bytes
}
_LFS = b"version https://git-lfs.github.com/spec/"
_DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, MemoryError, zipfile.BadZipFile, tarfile.TarError,
    lzma.LZMAError, zlib.error,
)  # fmt: skip


class Contents:
    """The texts of one file. What cannot be read of it is noted."""

    def __init__(self, repository: Repository, entry: Entry) -> None:
        self.is_archive = False
        self._repository = repository
        self._entry = entry
        self._space = MAX_BINARY_BYTES

    def texts(self, skipped: list[Skipped]) -> Iterator[tuple[str, str]]:
        """Each text with its path; what is in an archive is named `archive!path`."""
        path = self._entry.path
        try:
            with self._repository.open(path) as file:
                data = file.read(MAX_FILE_BYTES + 1)
                if len(data) > MAX_FILE_BYTES and self._entry.size <= MAX_BINARY_BYTES and _is_binary(data):
                    data += file.read(MAX_BINARY_BYTES)
                elif len(data) > MAX_FILE_BYTES:
                    skipped.append(Skipped(printable(path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
                    return
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
            skipped.append(Skipped(printable(path), why, True, "the machine"))
            return
        if data.startswith(_LFS):
            why = "only a pointer is here (Git LFS): its content is not"
            skipped.append(Skipped(printable(path), why, True, "the repository"))
        yield path, decoded(data)
        yield from ((path, text) for text in otherwise(data))
        self.is_archive = bool(archive_kind(data))
        if self.is_archive:
            yield from self._opened(path, data, skipped, 1)

    def _opened(self, path: str, data: bytes, skipped: list[Skipped], depth: int) -> Iterator[tuple[str, str]]:
        kind, shown = archive_kind(data), printable(path)
        if depth > MAX_DEPTH or kind not in ("zip", "tar", *_STREAMS):
            why = f"a {kind} file" + (" in archives" if depth > MAX_DEPTH else "") + ": not looked into"
            skipped.append(Skipped(shown, why, True))
            return
        try:
            for name, file, size in self._members(kind, data):
                if size > min(self._space, MAX_FILE_BYTES * 8):
                    skipped.append(Skipped(printable(f"{path}!{name}"), "too large to be unpacked", True))
                    continue
                content = file.read(min(self._space, MAX_FILE_BYTES * 8) + 1)
                self._space -= len(content)
                if self._space < 0:
                    why = f"unpacked, it is beyond the bound of {MAX_BINARY_BYTES >> 20} MiB"
                    skipped.append(Skipped(shown, why, True))
                    return
                yield f"{path}!{name}", decoded(content)
                yield from ((f"{path}!{name}", text) for text in otherwise(content))
                if archive_kind(content):
                    yield from self._opened(f"{path}!{name}", content, skipped, depth + 1)
        except _DAMAGED as error:
            why = f"a {kind} file that cannot be unpacked: {printable(str(error) or type(error).__name__, 100)}"
            skipped.append(Skipped(shown, why, True, "the machine"))

    def _members(self, kind: str, data: bytes) -> Iterator[tuple[str, IO[bytes], int]]:
        if kind == "zip":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for number, known in enumerate(archive.infolist()):
                    if number >= MAX_MEMBERS:
                        raise ValueError(f"more than {MAX_MEMBERS} files")
                    if not known.is_dir():
                        with archive.open(known) as file:
                            yield known.filename, file, known.file_size
        elif kind == "tar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for number, member in enumerate(tar):
                    if number >= MAX_MEMBERS:
                        raise ValueError(f"more than {MAX_MEMBERS} files")
                    if member.isfile() and (opened := tar.extractfile(member)) is not None:
                        yield member.name, opened, member.size
        else:
            stream = _STREAMS[kind](io.BytesIO(data))
            yield "content", stream, 0


def _is_binary(data: bytes) -> bool:
    return is_no_text(decoded(data[: 64 << 10])) or bool(archive_kind(data))
