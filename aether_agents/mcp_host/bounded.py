"""Reading a file of somebody else's: regular, and not far larger than what it should be."""

from pathlib import Path

from aether_agents.errors import InvalidSettings

#: The largest file that is read to be trusted.
LARGEST = 5 << 20


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
