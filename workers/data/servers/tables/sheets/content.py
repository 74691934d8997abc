"""Content: what a file is by its first bytes, whatever its name says."""

from pathlib import Path

from ..places import read
from .sheet import Unreadable
from .sources import Kind

_HEAD = 512
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
_ANNEX = b"/annex/objects/"
_SAID: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "it is a PDF document"),
    (b"\x7fELF", "it is a program"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it first"),
    (b"Rar!", "it is a RAR archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is packed with zstd: unpack it first"),
)
_LETTERS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}


def content_kind(path: Path, kind: Kind) -> Kind:
    """What a file is to be read as: what its bytes say, else what its name says.

    Raises:
        Unreadable: it is no data, or only stands for a file that is elsewhere.
        OSError: it cannot be read.
    """
    with read(path) as file:
        head = file.read(_HEAD)
    if not head:
        raise Unreadable("it is empty: 0 bytes")
    if head.startswith(_POINTERS):
        raise Unreadable("it is a Git LFS pointer, the data is not here: run `git lfs pull` in its repository")
    if head.lstrip(b"./\\").startswith(b"git/annex/objects/") or (head.startswith(_ANNEX) and len(head) < _HEAD):
        raise Unreadable("it is a git-annex pointer, the data is not here: run `git annex get` in its repository")
    if packing(head):
        raise Unreadable(f"it is packed with {packing(head)}, though its name does not say so: give it that ending")
    for start, said in _SAID:
        if head.startswith(start):
            raise Unreadable(said)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return "excel"
    if kind in ("csv", "text") and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower().startswith(
        (b"<!doctype html", b"<html")
    ):
        raise Unreadable("it is a web page, not a table: perhaps an error page in the place of a download")
    if kind == "excel":
        raise Unreadable("it is no workbook")
    return kind


def packing(head: bytes) -> str:
    """What a file is packed with, by its first bytes."""
    return next((name for start, name in _LETTERS.items() if head.startswith(start)), "")
