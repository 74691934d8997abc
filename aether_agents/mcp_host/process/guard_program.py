"""The guard: a program that ends MCP servers whose worker is gone, however it went.

Run by `guard_client.py` as `python -I -S guard.py`, in a session of its own. It reads its standard
input: `+PGID` begins to watch a process group, `-PGID` forgets it. The end of the input means that
the worker has ended, by exit or by SIGKILL: then every group still watched is asked to end, and
killed a second later. It imports nothing but what the interpreter already has, so it is up in
milliseconds, and works on every POSIX system (pdeathsig is Linux only, and follows a thread).
"""

import os
import signal
import sys
import time

GRACE = 1.0


def alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def send(group: int, number: int) -> None:
    """Signal a whole group; it may be gone already."""
    try:  # noqa: SIM105 - contextlib would be an import of its own
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass


def end(groups: set[int]) -> None:
    """End every group: ask, wait a second, kill."""
    for group in groups:
        send(group, signal.SIGTERM)
    limit = time.monotonic() + GRACE
    while any(alive(group) for group in groups) and time.monotonic() < limit:
        time.sleep(0.02)
    for group in groups:
        send(group, signal.SIGKILL)


def main() -> None:
    """Follow the worker's words until there are no more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the end of the worker ends the guard
    groups: set[int] = set()
    for line in sys.stdin.buffer:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    end(groups)


if __name__ == "__main__":
    main()
