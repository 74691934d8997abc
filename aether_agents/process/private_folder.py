"""Folders and files that are their owner's alone: AETHER_HOME holds keys, tokens, reports and what a person trusts."""

import os
import stat
import time
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, or close one of ours, to everybody but its owner.

    Somebody else's folder (a mounted volume, say) is left as it is.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def replace_private(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file that only its owner reads, whole or not at all; `durable`: it is on the disk before it counts.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
