"""RunningProcess: other processes, as `/proc` shows them. Where a system has none, nothing is seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: What a process of another user reads from.
UNSEEN = "?"


class Process(NamedTuple):
    """A process, as `/proc` tells it."""

    pid: int
    name: str
    state: str
    parent: int
    session: int


def process(pid: int) -> Process | None:
    """A process; none where it has ended, or the system has no `/proc`."""
    try:
        before, _, after = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")
    except OSError:
        return None
    state, parent, _, session = after.split()[:4]
    return Process(pid, before.partition("(")[2].removeprefix("-"), state, int(parent), int(session))


def processes() -> Iterator[Process]:
    """All that run now and can be seen; none where the system has no `/proc`."""
    for folder in Path("/proc").glob("[0-9]*"):
        if found := process(int(folder.name)):
            yield found


def standard_input(pid: int) -> str:
    """What a process reads from: a path, nothing where it has ended, `UNSEEN` where it is another user's."""
    try:
        return str(Path(f"/proc/{pid}/fd/0").readlink())
    except PermissionError:
        return UNSEEN
    except OSError:
        return ""


def working_folder(pid: int) -> str | None:
    """Where a process is now; none where that cannot be seen."""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return None
