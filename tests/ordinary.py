"""What tests run as a user without any power, where they themselves run as root."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

#: Nobody's user id.
UID = 42_042

ROOT = Path(__file__).parents[1]


def run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command as an ordinary user, in a folder that becomes his; as we are, if we are ordinary."""
    own = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)), "HOME": str(folder), **env}
    if os.geteuid() == 0:
        for place in (folder, *folder.rglob("*")):
            os.chown(place, UID, UID, follow_symlinks=False)
        drop = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs"]
        command = ["unshare", "--mount", "sh", "-c", "\n".join(_opened(_closed())), "sh", *drop, *command]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=240, check=False)


def _closed() -> dict[Path, list[Path]]:
    """The folders that nobody but root enters, each with what of the interpreter and the checkout lies in it."""
    found: dict[Path, list[Path]] = {}
    for wanted in dict.fromkeys((Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), ROOT)):
        shut = next((above for above in reversed(wanted.parents) if not above.stat().st_mode & 0o001), None)
        if shut is not None:
            found.setdefault(shut, []).append(wanted)
    return found


def _opened(closed: Mapping[Path, Iterable[Path]]) -> Iterable[str]:
    """In a mount namespace of its own: only that of each closed folder is there, for everybody to read."""
    yield "set -e"
    for number, (shut, inside) in enumerate(closed.items()):
        held = [(path, f"/tmp/.ordinary-{os.getpid()}-{number}-{at}") for at, path in enumerate(inside)]
        for path, place in held:
            yield f"mkdir -p {place} && mount --bind {shlex.quote(str(path))} {place}"
        yield f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(shut))}"
        for path, place in held:
            yield f"mkdir -p {shlex.quote(str(path))} && mount --move {place} {shlex.quote(str(path))} && rmdir {place}"
    yield 'exec "$@"'
