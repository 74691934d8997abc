"""The orchestrator: submit, answer, cancel, follow - the one way in of every face.

The names below are loaded when they are first used; `reader` alone needs no delivery.
"""

from importlib import import_module

_HOMES = {"Orchestrator": "orchestrator", "connect": "orchestrator"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
