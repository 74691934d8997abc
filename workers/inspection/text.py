"""Bytes of a stranger's file as text, whatever they are: an encoding or a stray byte must not hide what they say."""

import codecs
import io
import os
import re
import stat
from pathlib import Path

#: Which encoding a file says it has. The longer marks come first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Characters that no text has, and their share from which on something is none.
_STRANGE = re.compile("[\x01-\x08\x0e-\x1f\x7f\ufffd]")
_SHARE = 0.1


def decoded(data: bytes) -> str:
    """The text. Zero bytes are left out: they are what UTF-16 without a mark, or a file made to look binary, has."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, "replace")
            return text.replace("\0", "") if "\0" in text else text
    return data.replace(b"\0", b"").decode("utf-8", "replace")


def is_no_text(text: str) -> bool:
    """Whether what was decoded is no text, but for pieces of it."""
    return len(_STRANGE.findall(text)) > _SHARE * len(text)


def opened(path: Path) -> io.BufferedReader:
    """A regular file, open for reading: a pipe without a writer, or a device, would hold whoever reads it.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is not a regular file")
    return os.fdopen(handle, "rb")


def read_bounded(path: Path, most: int) -> bytes:
    """The content of a regular file, at most so many bytes.

    Raises:
        OSError: as `opened`, or it is larger.
    """
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(0, f"it is larger than {most >> 10} KiB")
    return content
