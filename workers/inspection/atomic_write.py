"""Writing a file whole or not at all: a reader sees the old one or the new one, whatever happens meanwhile."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file, or make it, with its content on the disk before it has its name.

    Raises:
        OSError: it cannot be written; then nothing has changed, and nothing is left beside it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".aether-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
