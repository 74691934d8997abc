"""Sandbox: starts a program so that it sees what it is given, and nothing else.

Three mechanisms, the first that works here: bubblewrap, namespaces of our own, Landlock. Under the first two a program
has a file system of its own (the system's programs, what its view names, a private `/tmp`), process ids of its own,
and no network unless it is given; what it starts ends with it, however often it forks. Landlock is no equal: `CUTS`.
"""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from aether_sandbox.bubblewrap import bubblewrap
from aether_sandbox.layout import Mount, View, layout

Mechanism = Literal["bubblewrap", "namespaces", "landlock"]
MECHANISMS: tuple[Mechanism, ...] = ("bubblewrap", "namespaces", "landlock")

#: Seconds a mechanism has to show that it works here, and how often: a busy machine must not cost the better one.
TIMEOUT, TRIES = 10.0, 2
#: Where temporary files are kept in a file system of one's own.
PRIVATE_TMP = "/tmp"  # nobody else's
#: Shells have names for descriptors of one digit only, and use them.
FIRST_HANDLE = 10
#: The environment of what confines.
PLAIN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


class Cut(NamedTuple):
    """What a mechanism keeps from a program, each in a few words."""

    files: str
    network: str
    processes: str
    sockets: str


_WHOLE = Cut(
    files="sees only what it is given",
    network="none unless it is given",
    processes="sees only its own, and all of them end with it",
    sockets="none but its own; with a network, those without a path too",
)
#: What each mechanism cuts.
CUTS: dict[Mechanism, Cut] = {
    "bubblewrap": _WHOLE,
    "namespaces": _WHOLE,
    "landlock": Cut(
        files="opens only what it is given; that others exist can be seen; no private /tmp",
        network="none unless it is given",
        processes="cannot look into others; their number is not bounded",
        sockets="none without a network; with one, all that its user may connect to",
    ),
}


class Start(NamedTuple):
    """How a confined program is started."""

    command: list[str]
    #: What the mechanism itself is started with: nothing that a program's own environment could steer it by.
    environment: dict[str, str]
    #: To be inherited: there it reads what the program is started with, so that no list of processes tells it.
    handle: int


@contextmanager
def confined(view: View, command: Sequence[str], environment: Mapping[str, str], by: Mechanism) -> Iterator[Start]:
    """How a program is started by a mechanism; `command` begins with the program's whole path.

    What it yields holds until it is left: start the program inside. Its HOME is its scratch folder.

    Raises:
        OSError: there are no descriptors left.
    """
    private = str(view.home) if by == "landlock" else PRIVATE_TMP
    inner = {**environment, "HOME": str(view.home), "TMPDIR": private}
    mounts = layout(view, command)
    made = os.memfd_create("view")
    handle = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, FIRST_HANDLE)
    os.close(made)
    try:
        if by == "bubblewrap":
            start, told = bubblewrap(view, mounts, command, inner, handle)
        else:
            start, told = _own(view, mounts, command, inner, handle, by)
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(told)
        os.lseek(handle, 0, os.SEEK_SET)
        yield Start(start, dict(PLAIN), handle)
    finally:
        os.close(handle)


def _own(
    view: View, mounts: Sequence[Mount], command: Sequence[str], environment: Mapping[str, str], handle: int, by: str
) -> tuple[list[str], bytes]:
    """A program of ours that confines, and what it is told."""
    told = {
        "command": list(command),
        "environment": environment,
        "folder": str(view.folder),
        "mounts": mounts,
        "network": view.network,
        "limits": view.limits._asdict(),
    }
    program = Path(__file__).with_name(f"{by}.py")
    return [sys.executable, "-I", "-S", str(program), str(handle)], json.dumps(told).encode()


@cache
def mechanism() -> Mechanism | None:
    """The first mechanism that works here; None where none does. Tried once in the life of a process."""
    return next((one for one in MECHANISMS if works(one)), None)


@cache
def works(one: Mechanism) -> bool:
    """Whether a mechanism works here: it is tried on a program that does nothing, once more if it does not."""
    return sys.platform == "linux" and any(_tried(one) for _ in range(TRIES))


def _tried(one: Mechanism) -> bool:
    view = View(folder=Path("/"), home=Path("/nonexistent"))
    try:
        with confined(view, ["/bin/sh", "-c", ":"], {}, one) as start:
            done = subprocess.run(
                start.command,
                env=start.environment,
                pass_fds=(start.handle,),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
