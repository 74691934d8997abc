"""What kind of archive something is: by its structure, not by a few bytes that any file may hold."""

import re
import zlib
from collections.abc import Callable, Iterable

from workers.inspection.git import printable
from workers.inspection.repository import Entry, Repository, Skipped

#: How archives begin. What follows the well-known bytes is part of it: a text may begin with `BZh` or `LZIP`.
_BEGINNINGS: dict[str, bytes] = {
    "zip": rb"PK\x03\x04[\x00-\x3f]\x00..(?:[\x00-\x0e\x10\x12\x13\x5d-\x63]\x00)",
    "gzip": rb"\x1f\x8b\x08[\x00-\x1f]",
    "bzip2": rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)",
    "xz": rb"\xfd7zXZ\x00\x00[\x00-\x0f]",
    "7z": rb"7z\xbc\xaf\x27\x1c",
    "rar": rb"Rar!\x1a\x07[\x00\x01]",
    "zstd": rb"\x28\xb5\x2f\xfd",
    "PDF": rb"%PDF-\d",
    "lzma": rb"\x5d\x00\x00[\x00-\xff]{2}(?:\xff{8}|[\x00-\xff]{5}\x00{3})",
    "zlib": rb"x[\x01\x5e\x9c\xda]",
    "compress": rb"\x1f\x9d[\x80\x89-\x90]",
    "lz4": rb"\x04\x22\x4d\x18[\x40-\x7f]",
    "lzip": rb"LZIP[\x00\x01][\x0c-\xff]",
    "cabinet": rb"MSCF\0\0\0\0",
    "squashfs": rb"hsqs[\x00-\xff]{24}\x04\x00",
    "rpm": rb"\xed\xab\xee\xdb",
    "deb": rb"!<arch>\ndebian-binary",
    "git bundle": rb"# v[23] git bundle\n",
    "git pack": rb"PACK\x00\x00\x00[\x02\x03]",
}
#: The same in what is left of the first line of a file when it is text: zero bytes are gone, strange ones replaced.
_FIRST_LINES: dict[str, str] = {
    "zip": r"PK\x03\x04(?:[\x01-\x1f\x2d\x33\x3f]|$)",
    "gzip": r"\x1f\ufffd\x08",
    "bzip2": r"BZh[1-9](?:1AY&SY|\x17rE8P\ufffd)",
    "xz": r"\ufffd7zXZ",
    "7z": r"7z\ufffd\ufffd'\x1c",
    "rar": r"Rar!\x1a\x07",
    "zstd": r"\(\ufffd/\ufffd",
    "PDF": r"%PDF-\d",
    "lzma": r"\].?\ufffd{3,8}",
    "zlib": r"x[\x01\ufffd].{0,12}[\x00-\x08\x0e-\x1f\ufffd]",
    "compress": r"\x1f\ufffd\ufffd",
    "lz4": r"\x04\"M\x18",
    "lzip": r"LZIP[\x01-\x1f]",
    "cabinet": r"MSCF.{0,8}[\x01-\x08\x0e-\x1f\ufffd]",
    "squashfs": r"hsqs.{0,40}[\x01-\x08\x0e-\x1f\ufffd]",
    "rpm": r"\ufffd{3,4}\x03",
    "deb": r"!<arch>$",
    "git bundle": r"# v[23] git bundle",
    "git pack": r"PACK[\x02\x03]",
}
_BYTES = {kind: re.compile(mark, re.DOTALL) for kind, mark in _BEGINNINGS.items()}
_TEXTS = {kind: re.compile(mark) for kind, mark in _FIRST_LINES.items()}
#: What packs other files, and endings of documents, which are archives as well.
_PACKS = frozenset(_BEGINNINGS) - {"PDF", "zlib", "git pack"} | {"tar"}
_DOCUMENTS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".vsdx", ".npz", ".pt", ".whl", ".egg")
_TAR_BLOCK = 512
#: The end of a zip: its mark, its length without the comment, and how far from the end of the file it may be.
_END, _END_LENGTH, _END_WITHIN = b"PK\x05\x06", 22, 1 << 17
_DIRECTORY, _ZIP_64 = b"PK\x01\x02", b"PK\x06\x07"


def archive_kind(beginning: bytes | str) -> str:
    """What kind of archive a file is, or, given text, what a file was whose first line that is; empty if none."""
    if isinstance(beginning, str):
        return next((kind for kind, mark in _TEXTS.items() if mark.match(beginning)), "")
    for kind, mark in _BYTES.items():
        if mark.match(beginning) and _CHECKS.get(kind, _holds)(beginning):
            return kind
    if _is_tar(beginning):
        return "tar"
    return "zip" if _ends_as_zip(beginning) else ""


def note_packed(repository: Repository, entries: Iterable[Entry], skipped: list[Skipped]) -> None:
    """Note the archives among some files as gaps, for who looks into none. Documents and wheels are none."""
    for entry in entries:
        if entry.path.lower().endswith(_DOCUMENTS) or entry.size < len(_END):
            continue
        try:
            with repository.open(entry.path) as file:
                kind = archive_kind(file.read(_TAR_BLOCK))
        except OSError:
            continue  # what cannot be read is said where it is looked for
        if kind in _PACKS:
            skipped.append(Skipped(printable(entry.path), f"a {kind} file: not looked into", True))


def _holds(_: bytes) -> bool:
    return True


def _is_zlib(data: bytes) -> bool:
    """Two bytes are too few to tell: what follows must unpack."""
    try:
        return bool(zlib.decompressobj().decompress(data[:4_096], 64)) or len(data) < 16  # noqa: PLR2004 - a stump
    except zlib.error:
        return False


def _is_tar(data: bytes) -> bool:
    """Whether the sum that the first head of a tar has of itself is right."""
    head = data[:_TAR_BLOCK]
    if len(head) < _TAR_BLOCK or head[257:262] != b"ustar":
        return False
    try:
        said = int(head[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return said == sum(head) - sum(head[148:156]) + 8 * 32


def _ends_as_zip(data: bytes) -> bool:
    """Whether there is a zip at its end, as in a program that unpacks itself: its end names a directory before it."""
    at = len(data)
    while (at := data.rfind(_END, max(0, len(data) - _END_WITHIN), at)) >= 0:
        size = int.from_bytes(data[at + 12 : at + 16], "little")
        comment = int.from_bytes(data[at + 20 : at + 22], "little")
        whole = at + _END_LENGTH + comment <= len(data)
        if whole and (data[max(0, at - size) : at].startswith(_DIRECTORY) or data[at - 20 : at - 16] == _ZIP_64):
            return True
    return False


_CHECKS: dict[str, Callable[[bytes], bool]] = {"zlib": _is_zlib}
