"""The fork server: a program that has imported the MCP library once, and becomes a server as often as it is asked.

Run by `forking.py` as `python -P fork_server.py DESCRIPTOR IDLE`, in a session of its own. Importing `mcp` takes a
second of a core (two versions of the protocol become pydantic models), and there are fifteen bundled servers: as
forks they start in a tenth of that, and share the memory. Like the one of `multiprocessing` it has one thread and
has opened nothing, so that forking is safe; unlike that one it has nothing of its worker's environment, and never
knows what a server is started with: that is in the brief, which only the fork reads.

A request on its socket is one byte with five descriptors: input, output, error, `told` and the brief. On `told`
the fork writes its process id as a line, once it leads a group of its own; the fork server writes how it has ended
as another. It leaves when its worker has gone, and after `IDLE` seconds without servers. Forks that are left are the
guard's to end, as any server is.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

#: What every bundled server imports, and nothing of theirs: their own code is read when they start.
PRELOADED = "mcp.server.mcpserver"
#: Descriptors that come with a request; those that the fork keeps.
HANDED, STANDARD = 5, (0, 1, 2)


def main() -> None:
    """Serve; in a fork, be the server."""
    control = socket.socket(fileno=int(sys.argv[1]))
    os.close(os.pidfd_open(os.getpid()))  # a sandbox may forbid it: then there are no forks, and servers are spawned
    gc.disable()  # there is nothing to collect while it imports; what no collection looks at stays shared with forks
    importlib.import_module(PRELOADED)
    gc.freeze()
    gc.enable()
    if (handed := serve(control, float(sys.argv[2]))) is not None:
        become(*handed)


def serve(control: socket.socket, idle: float) -> list[int] | None:
    """Fork when asked, until nobody can ask: None. In a fork, at once: what it was handed."""
    with control, selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ)
        while events := ready.select(idle if len(ready.get_map()) == 1 else None):
            for key, _ in events:
                if key.fileobj is not control:
                    ready.unregister(key.fileobj)
                    tell_end(key.fd, *key.data)
                    continue
                _, handed, _, _ = socket.recv_fds(control, 1, HANDED)
                if len(handed) != HANDED:
                    return None  # the worker has gone
                if (child := fork()) == 0:
                    return handed
                told = handed.pop(3)
                for descriptor in handed:
                    os.close(descriptor)
                if child is None:
                    os.close(told)
                else:
                    ready.register(os.pidfd_open(child), selectors.EVENT_READ, (child, told))
    return None


def fork() -> int | None:
    """As `os.fork`; None if it cannot be."""
    try:
        return os.fork()
    except OSError:
        return None


def tell_end(descriptor: int, child: int, told: int) -> None:
    """Say how a fork has ended, to whoever still listens."""
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os.close(told)


def become(stdin: int, stdout: int, stderr: int, told: int, brief: int) -> None:
    """Be the server that the brief describes, until it ends; as `python -P -m MODULE` would be."""
    os.setsid()
    os.write(told, b"%d\n" % os.getpid())
    for ours, number in zip((stdin, stdout, stderr), STANDARD, strict=True):
        os.dup2(ours, number)
    with os.fdopen(os.dup(brief), "rb") as file:
        start = json.loads(file.read())
    close_others()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(start["env"])
    time.tzset()
    os.chdir(start["cwd"])
    sys.path[:0] = [folder for folder in start["env"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    Path("/proc/self/comm").write_text(start["name"])  # what `top` and `ps -e` call it
    module, args = start["module"]
    sys.argv = [module, *args]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def close_others() -> None:
    """Close what is open beside the standard streams: ours of what was handed, and what tells of other forks."""
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in STANDARD:
            with contextlib.suppress(OSError):  # the listing's own is closed already
                os.close(descriptor)


if __name__ == "__main__":
    main()
