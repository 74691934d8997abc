"""Settings: what `aether_agent.yaml` and the environment say, checked, with the line of every mistake.

The names below are loaded when they are first used: the model alone is needed by far more than the files' reader.
"""

from importlib import import_module

__all__ = ["Settings", "load_settings"]

_HOMES = {"Settings": "model", "load_settings": "loader"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
