"""The embedded stack: a server, a worker and their supervisor, one command away, in a folder of their own.

The names below are loaded when they are first used: supervisor and worker are modules of this package too, and a
second of their start is a second of everybody's first subtask.
"""

from importlib import import_module

_HOMES = {"Stack": "stack", "Lease": "stack_lease", "ProcessInfo": "supervision.state_file"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
