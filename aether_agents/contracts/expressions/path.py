"""Paths into JSON, as references and expectations write them: `result.items[0].name`."""

import re
from collections.abc import Iterator, Sequence

from aether_agents.contracts.contract import Json
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import InvalidPlan, ReferenceMissing

Path = tuple[str | int, ...]

_NAME = r"[^\s.\[\]{}$\"]+"
_STEP = re.compile(rf"\.({_NAME})|\[(\d+)\]|\[\"([^\"{{}}]*)\"\]")
_SHOWN_KEYS = 8
_PLAIN_NAME = re.compile(rf"{_NAME}\Z")


def walk(value: Json, path: Sequence[str | int] | str) -> Json:
    """What lies at `path` inside a value; a string is read with `parse_path`.

    Raises:
        InvalidPlan: `path` is a string and malformed.
        ReferenceMissing: it leads nowhere; the message says where it stopped and what there is.
    """
    steps = parse_path(path) if isinstance(path, str) else tuple(path)
    spot = value
    for index, step in enumerate(steps):
        if isinstance(spot, dict) and isinstance(step, str) and step in spot:
            spot = spot[step]
        elif isinstance(spot, list) and str(step).isdecimal() and int(step) < len(spot):
            spot = spot[int(step)]
        else:
            where = write_path(steps[:index]) or "the value"
            raise ReferenceMissing(f"`{write_path(steps)}`: {where} {_shape(spot)}, so there is no `{step}` in it")
    return spot


def texts(value: Json) -> Iterator[str]:
    """Every text inside a value, in the order they are written. Keys of objects are not looked at."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)


def parse_path(text: str) -> Path:
    """Read a path as `expect` writes it: `result.items[0].name`; empty means the whole value.

    Raises:
        InvalidPlan: it is malformed.
    """
    return read_steps("." + text if text and not text.startswith("[") else text, text)


def read_steps(text: str, shown: str) -> Path:
    """Read the steps that follow a root: `.name`, `[0]` or `["any key"]`; `shown` is named in the error.

    Raises:
        InvalidPlan: something in it is no step.
    """
    path: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise InvalidPlan(f"`{shorten(shown)}` is not a path: write names after dots and indexes as `[0]`")
        name, index, key = step.groups()
        path.append(int(index) if index is not None else (name if name is not None else key))
        at = step.end()
    return tuple(path)


def write_path(path: Sequence[str | int]) -> str:
    """A path as people write it."""
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{step}" if _PLAIN_NAME.match(step) else f'["{step}"]'
        for step in path
    )
    return "".join(steps).removeprefix(".")


def _shape(value: Json) -> str:
    if isinstance(value, dict):
        return f"has {', '.join(list(value)[:_SHOWN_KEYS]) or 'no keys'}{' …' if len(value) > _SHOWN_KEYS else ''}"
    if isinstance(value, list):
        return f"is a list of {len(value)}"
    return "is null" if value is None else f"is a {type(value).__name__}"
