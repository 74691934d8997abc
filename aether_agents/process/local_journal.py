"""What was done on this machine without a store at hand: kept until a process carries it to the audit record."""

import getpass
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aether_agents.process.private_folder import make_private

#: Bytes of the file that are read at most.
_LARGEST = 1024 * 1024


def note_locally(home: Path, kind: str, **fields: object) -> None:
    """Keep an entry for the audit record.

    Raises:
        OSError: it cannot be written.
    """
    file = _file(home)
    make_private(file.parent)
    line = json.dumps({"kind": kind, "since": time.time_ns() // 1_000_000, **fields}) + "\n"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(line)


def login() -> str:
    """Who is at this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "local"


def taken_from(home: Path) -> Iterator[dict[str, Any]]:
    """The entries that are kept, each given to one process only."""
    file = _file(home)
    if not file.exists():
        return
    mine = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.rename(mine)
        text = mine.read_bytes()[:_LARGEST].decode(errors="replace")
        mine.unlink()
    except OSError:  # another process was faster
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


def _file(home: Path) -> Path:
    return home / "audit" / "untold"
