"""Reading a file of somebody else's: regular, and not far larger than what it should be."""

from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_regular


def read_bounded(path: Path) -> bytes:
    """A file's content.

    Raises:
        InvalidSettings: it cannot be read, or is far too large to be what it should be.
    """
    try:
        return read_regular(path)
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be read: {error.strerror or error}") from None
