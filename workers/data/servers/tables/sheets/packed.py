"""Packed files: gzip, bzip2 and xz, unpacked within a bound into a file of ours."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workers.inspection.bounded_job import Job

from ..places import CHUNK, read
from .content import packing
from .sheet import Unreadable

#: The most bytes that one file may unpack to.
MAX_UNPACKED = 2 << 30


@contextmanager
def unpacked(path: Path, scratch: Path, job: Job) -> Iterator[Path]:
    """What a packed file holds, as a file for as long as it is looked at.

    Raises:
        Unreadable: it is damaged, not packed, or holds too much.
        OSError: it cannot be read.
    """
    target = scratch / "unpacked"
    try:
        with read(path) as file, target.open("wb") as out:
            method = packing(file.read(8))
            if not method:
                raise Unreadable("it is not packed as its name says")
            file.seek(0)
            with _opened(file, method) as inner:
                _copy(inner, out, job)
        yield target
    finally:
        target.unlink(missing_ok=True)


def _opened(file: IO[bytes], method: str) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if method == "gzip":
        return gzip.GzipFile(fileobj=file, mode="rb")
    return bz2.BZ2File(file, "rb") if method == "bzip2" else lzma.LZMAFile(file, "rb")


def _copy(inner: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, out: IO[bytes], job: Job) -> None:
    total = 0
    while True:
        try:
            chunk = inner.read(CHUNK)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise Unreadable(f"it is damaged and cannot be unpacked to its end: {error}") from None
        if not chunk:
            return
        total += len(chunk)
        if total > MAX_UNPACKED:
            raise Unreadable(f"it holds more than {MAX_UNPACKED >> 30} GiB")
        if job.out_of_time:
            raise Unreadable(f"it cannot be unpacked in {job.seconds:g} s")
        out.write(chunk)
