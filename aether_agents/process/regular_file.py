"""Reading a file that a path from outside names: a regular one, and not far larger than what it should be.

A link to `/dev/zero`, a named pipe or a file of gigabytes must cost an error, never the process.
"""

import errno
import os
import stat
from pathlib import Path

#: The largest file that is read as configuration, plan, template or list of servers, in bytes.
LARGEST = 5 << 20

#: The largest file that holds one secret: a key, a token, a password, in bytes.
LARGEST_SECRET = 1 << 20


def read_regular(path: Path, largest: int = LARGEST) -> bytes:
    """A file's content, at most `largest` bytes.

    Raises:
        OSError: it cannot be read, is not a regular file, or is larger; `strerror` says so.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe without a writer would hold us
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        content = file.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"it is larger than {_size(largest)}", str(path))
    return content


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The same as UTF-8 text, without a byte order mark.

    Raises:
        OSError: as above.
        UnicodeDecodeError: it is not UTF-8.
    """
    return read_regular(path, largest).decode("utf-8-sig")


def why_not(error: OSError | UnicodeDecodeError) -> str:
    """Why a file could not be read or written, without the system's number for it and the path once more."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 text (byte {error.start})"
    return error.strerror or str(error)


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
