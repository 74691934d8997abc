"""Bubblewrap: the command that starts a program in it."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from aether_sandbox.layout import Limits, Mount, View

#: Since when a limit of processes counts those of a user namespace alone: before, all of the user's.
COUNTED_SINCE = (5, 14)
#: Process ids below which the kernel gives none a second time: so many more there may be at first. None can be passed
#: over: bubblewrap looks for its own process among those of the machine, where there are such low ids.
RESERVED = 300
#: What is around the program holds neither its input nor its output, so that their end is seen; and it is not ended by
#: a signal to the group, which asks the program.
_OUTER = 'trap "" TERM; exec 8<&0 9>&1 </dev/null >/dev/null; exec "$@"'
_INNER = 'exec "$@" <&8 >&9 8<&- 9>&-'
#: Root is bound by no limit of processes, but by how many ids there are (since Linux 6.14): of ids of its own.
_ROOT = 'trap "" TERM; exec 8<&0 9>&1 </dev/null >/dev/null; /bin/sh -c "{first}" sh "$@" & exec 8<&- 9>&-; wait $!'
_FIRST = 'echo {most} >/proc/sys/kernel/pid_max; exec \\"\\$@\\"'


def bubblewrap(
    view: View, mounts: Sequence[Mount], command: Sequence[str], environment: Mapping[str, str], handle: int
) -> tuple[list[str], bytes]:
    """What is run instead of the command, and what it reads from the handle."""
    outer = ["/bin/sh", "-c", _OUTER, "sh"]
    if os.geteuid() == 0 and (unshare := shutil.which("unshare")):
        first = _FIRST.format(most=RESERVED + view.limits.processes)
        outer = [unshare, "--pid", "/bin/sh", "-c", _ROOT.format(first=first), "sh"]
    inner = ["/bin/sh", "-c", f"{_limits(view.limits)}; {_INNER}", "sh", *_heeding(), *command]
    program = shutil.which("bwrap") or "bwrap"
    told = [*_separation(view, environment), *_arguments(view, mounts), "--chdir", str(view.folder)]
    return [*outer, program, "--args", str(handle), "--", *inner], b"".join(os.fsencode(one) + b"\0" for one in told)


def _separation(view: View, environment: Mapping[str, str]) -> Iterator[str]:
    yield from ("--unshare-user", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--clearenv")
    if view.network:
        yield "--share-net"
    for name, value in environment.items():
        yield from ("--setenv", name, value)


def _arguments(view: View, mounts: Sequence[Mount]) -> Iterator[str]:
    size = str(view.limits.scratch)
    if whole := [mount for mount in mounts if mount.path == "/"]:
        yield from ("--bind" if whole[0].kind == "write" else "--ro-bind", "/", "/")
    yield from ("--proc", "/proc", "--dev", "/dev")
    # The kernel's settings are the machine's: root writes them without any power, and anybody those of his namespaces.
    yield from ("--remount-ro", "/proc")
    yield from ("--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", "/tmp")
    masks: list[str] = []
    for kind, path, target in mounts:
        if path == "/":
            continue
        if kind == "link":
            yield from ("--symlink", target, path)
        elif kind == "hide" and os.path.isdir(path):
            masks.append(path)
            yield from ("--size", "65536", "--tmpfs", path)
        elif kind == "hide":
            yield from ("--ro-bind", "/dev/null", path)
        else:
            yield from ("--bind" if kind == "write" else "--ro-bind", path, path)
    for path in masks:
        yield from ("--remount-ro", path)
    if not whole:
        yield from ("--remount-ro", "/")


def _limits(limits: Limits) -> str:
    """In the shell's units: kilobytes, and files in blocks of 512 bytes. Shells differ in the letter of processes."""
    told = f"ulimit -c 0; ulimit -d {limits.memory >> 10}; ulimit -f {limits.file >> 9}; ulimit -t {limits.seconds}"
    kernel = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    if kernel >= COUNTED_SINCE:
        told += f"; ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes}"
    return told


@cache
def _heeding() -> list[str]:
    """What lets a program be asked to end by a signal again; nothing where `env` cannot."""
    command = ["/usr/bin/env", "--default-signal=TERM"]
    try:
        done = subprocess.run([*command, "true"], capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return command if done.returncode == 0 else []
