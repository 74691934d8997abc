"""Folders and files that are their owner's alone: AETHER_HOME holds keys, tokens, reports and what a person trusts."""

import os
import pwd
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


def why_not_yours(home: Path) -> str:
    """Why a person cannot use an AETHER_HOME, with the fix; empty if he can, or if it is not there yet."""
    fix = "set AETHER_HOME to a folder of your own"
    try:
        found = home.stat()
    except FileNotFoundError:
        return ""
    except NotADirectoryError:
        return f"{home} lies below a file: {fix}"
    except PermissionError:
        return f"{home} may not be read by you: {fix}"
    if not stat.S_ISDIR(found.st_mode):
        return f"{home} is a file: {fix}"
    if os.access(home, os.R_OK | os.X_OK):
        return ""
    return f"{home} may not be read by you, it belongs to {_name(found.st_uid)}: {fix}"


def written_as_root(home: Path) -> str:
    """A warning where root is about to write into somebody else's AETHER_HOME; its owner could not use it any more."""
    if os.geteuid() != 0 or not home.is_dir() or (owner := home.stat().st_uid) == 0:
        return ""
    who = _name(owner)
    return f"{home} belongs to {who}, and what you write there will be root's: say it as {who} (`sudo -u {who} …`)"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


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
