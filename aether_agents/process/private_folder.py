"""A folder that only its owner enters: AETHER_HOME holds keys, tokens, reports and what a person has trusted."""

import os
import stat
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
