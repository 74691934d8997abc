"""The fork server: a program that has imported the MCP library once, and becomes a server as often as it is asked.

Run by `forking.py` as `python -P fork_server.py DESCRIPTOR IDLE`, in a session of its own. Importing `mcp` takes a
second of a core (two versions of the protocol become pydantic models), and there are fifteen bundled servers: as
forks they start in a tenth of that, and share the memory. Like the one of `multiprocessing` it has one thread and
has opened nothing, so that forking is safe; unlike that one it has nothing of its worker's environment, and never
knows what a server is started with: that is in the brief, which only the fork reads.

A request on its socket is one byte with four descriptors: input, output, error and `talk`, a socket. There the fork
writes its process id as a line, once it leads a group of its own, and reads its brief: until somebody there has taken
charge of it, nothing runs that might not end by itself. How it has ended the fork server writes as another line. It
leaves when its worker has gone, and after `IDLE` seconds without servers. Forks that are left are the
guard's to end, as any server is.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from types import ModuleType

from aether_agents.process.startup import loading

#: What every bundled server imports, and nothing of theirs: their own code is read when they start.
PRELOADED = "mcp.server.mcpserver"
#: What `top` and `ps -e` call it.
NAME = "mcp-fork-server"
#: Descriptors that come with a request; those that the fork keeps.
HANDED, STANDARD = 4, (0, 1, 2)


def main() -> None:
    """Serve; in a fork, be the server."""
    control = socket.socket(fileno=int(sys.argv[1]))
    os.close(os.pidfd_open(os.getpid()))  # a sandbox may forbid it, or the next: no forks then, servers are spawned
    be_called(NAME)
    with loading():  # what no collection looks at afterwards stays shared with the forks
        importlib.import_module(PRELOADED)
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
                talk = handed.pop()
                for descriptor in handed:
                    os.close(descriptor)
                if child is None:
                    os.close(talk)
                else:
                    ready.register(os.pidfd_open(child), selectors.EVENT_READ, (child, talk))
    return None


def fork() -> int | None:
    """As `os.fork`; None if it cannot be."""
    try:
        return os.fork()
    except OSError:
        return None


def tell_end(descriptor: int, child: int, talk: int) -> None:
    """Say how a fork has ended, to whoever still listens."""
    os.close(descriptor)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ConnectionError):
        os.write(talk, b"%d\n" % os.waitstatus_to_exitcode(status))
    os.close(talk)


def become(stdin: int, stdout: int, stderr: int, talk: int) -> None:
    """Be the server that the brief describes, until it ends; as `python -P -m MODULE` would be."""
    os.setsid()
    with socket.socket(fileno=talk) as charge:
        charge.sendall(b"%d\n" % os.getpid())
        start = json.load(charge.makefile("rb"))  # nobody in charge any more: no brief, and it ends here
    for ours, number in zip((stdin, stdout, stderr), STANDARD, strict=True):
        os.dup2(ours, number)
    close_others()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    multiprocessing.current_process().authkey = os.urandom(32)  # the one secret that Python makes as it is imported
    os.environ.clear()
    os.environ.update(start["env"])
    time.tzset()
    os.chdir(start["cwd"])
    sys.path[:0] = [folder for folder in start["env"].get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.pycache_prefix = start["env"].get("PYTHONPYCACHEPREFIX")
    be_called(start["name"])
    module, args = start["module"]
    sys.argv = [module, *args]
    sys.modules["__main__"] = ModuleType("__main__")
    # `-m` itself: the public `run_module` takes its `__main__` away before threads and `atexit` have ended.
    runpy._run_module_as_main(module)  # type: ignore[attr-defined]


def be_called(name: str) -> None:
    """Be known by a name in `top` and `ps -e`."""
    Path("/proc/self/comm").write_text(name)


def close_others() -> None:
    """Close what is open beside the standard streams: ours of what was handed, and what tells of other forks."""
    for descriptor in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if descriptor not in STANDARD:
            with contextlib.suppress(OSError):  # the listing's own is closed already
                os.close(descriptor)


if __name__ == "__main__":
    main()
