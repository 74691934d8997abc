"""Sandbox: starts a program so that it sees what it is given, and nothing else.

Three mechanisms, the first that works here: bubblewrap, namespaces of our own, Landlock. Under the first two a program
has a file system of its own (the system's programs, what its view names, a private `/tmp`), process ids of its own,
and no network unless it is given; what it starts ends with it, however often it forks. Landlock is no equal: `CUTS`.

The same file is in `aether_agents/mcp_host` and in `workers/inspection`, whose servers import nothing of ours.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from .sandbox_bubblewrap import bubblewrap
from .sandbox_layout import View, layout

Mechanism = Literal["bubblewrap", "namespaces", "landlock"]
MECHANISMS: tuple[Mechanism, ...] = ("bubblewrap", "namespaces", "landlock")

#: Seconds a mechanism has to show that it works here.
PATIENCE = 10.0
#: Where temporary files are kept in a file system of one's own.
PRIVATE_TMP = "/tmp"  # noqa: S108 - nobody else's


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
    """How a confined program is started: what is run, and what goes into its environment."""

    command: list[str]
    environment: dict[str, str]


def confined(view: View, command: Sequence[str], by: Mechanism) -> Start:
    """How a program is started by a mechanism; `command` begins with the program's whole path."""
    mounts = layout(view, command)
    if by == "bubblewrap":
        return Start(bubblewrap(view, mounts, command), {"HOME": str(view.home), "TMPDIR": PRIVATE_TMP})
    told = {
        "command": list(command),
        "folder": str(view.folder),
        "mounts": mounts,
        "network": view.network,
        "limits": view.limits._asdict(),
    }
    program = Path(__file__).with_name(f"sandbox_{by}.py")
    private = PRIVATE_TMP if by == "namespaces" else str(view.home)
    start = [sys.executable, "-I", "-S", str(program), json.dumps(told)]
    return Start(start, {"HOME": str(view.home), "TMPDIR": private})


@cache
def mechanism() -> Mechanism | None:
    """The first mechanism that works here; None where none does. Tried once in the life of a process."""
    return next((one for one in MECHANISMS if works(one)), None)


@cache
def works(one: Mechanism) -> bool:
    """Whether a mechanism works here: it is tried on a program that does nothing."""
    if sys.platform != "linux":
        return False
    view = View(folder=Path("/"), home=Path("/nonexistent"))
    try:
        done = subprocess.run(
            confined(view, ["/bin/sh", "-c", ":"], one).command,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
