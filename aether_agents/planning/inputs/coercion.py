"""A value as it was typed or sent, made into what an input declares. Nothing is guessed."""

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from aether_agents.contracts import InputSpec, Json, holds
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask
from aether_agents.planning.sentence.moments import read_moment

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):\d{1,5}")
_SCP_ADDRESS = re.compile(r"[\w.-]+@[\w.-]+:\S+")


def coerce(spec: InputSpec, value: Json, folder: str) -> Json:
    """The value as its input declares it. Paths come back absolute, `~` and `..` resolved, against `folder`.

    Raises:
        InvalidTask: it does not fit; the message says what is wanted.
    """
    try:
        return _fitted(spec, value, folder)
    except InvalidTask:
        if not spec.secret:
            raise
    raise InvalidTask(f"is not as it is asked for ({spec.type}); it is not repeated here, since it is secret")


def _fitted(spec: InputSpec, value: Json, folder: str) -> Json:
    fitted = _BY_TYPE[spec.type](spec, value, folder)
    if spec.enum is not None and not holds("in", fitted, list(spec.enum)):
        choices = [str(choice) for choice in spec.enum]
        raise InvalidTask(f"must be one of {', '.join(choices)}, not {_shown(value)}{nearest(str(value), choices)}")
    return fitted


def absolute(path: str, folder: str) -> str:
    """A path against the caller's folder. Links are not followed: that is the tool's own business.

    Raises:
        InvalidTask: it is empty, holds a NUL, or is relative while the task has no folder.
    """
    if not path.strip():
        raise InvalidTask("must be a path, not an empty text")
    if "\0" in path:
        raise InvalidTask("must be a path: it holds a NUL")
    try:
        expanded = Path(path).expanduser()
    except RuntimeError:
        raise InvalidTask(f"must be a path: `{path}` names a home folder that is not there") from None
    if not expanded.is_absolute() and not folder:
        raise InvalidTask(f"must be absolute: `{path}` is relative and the task has no folder")
    return os.path.normpath(Path(folder) / expanded)


def _string(spec: InputSpec, value: Json, folder: str) -> Json:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidTask(f"must be a text, not {_shown(value)}")
    text = value if isinstance(value, str) else json.dumps(value)
    if spec.format == "path":
        return absolute(text, folder)
    if spec.format == "url" and not _is_address(text):
        raise InvalidTask(f"must be an address such as https://host/path, not {_shown(value)}")
    if spec.format == "moment":
        moment = read_moment(text)
        if moment is None:
            raise InvalidTask(
                f"must be a date, or a date and time, such as 2026-11-30 or 2026-11-30T18:00:00Z, not {_shown(value)}"
            )
        return moment
    if spec.format == "endpoint" and not (_has_scheme(text) or _HOST_AND_PORT.fullmatch(text)):
        raise InvalidTask(f"must be an address such as https://host/path or host:port, not {_shown(value)}")
    return text


def _integer(spec: InputSpec, value: Json, _folder: str) -> Json:
    number = _as_number(value)
    if number is None or not float(number).is_integer():
        raise InvalidTask(f"must be a whole number, not {_shown(value)}")
    return _within(spec, int(number), value)


def _number(spec: InputSpec, value: Json, _folder: str) -> Json:
    number = _as_number(value)
    if number is None:
        raise InvalidTask(f"must be a number, not {_shown(value)}")
    return _within(spec, number, value)


def _boolean(_spec: InputSpec, value: Json, _folder: str) -> Json:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if isinstance(value, str | int) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise InvalidTask(f"must be true or false, not {_shown(value)}")


def _array(spec: InputSpec, value: Json, folder: str) -> Json:
    items = value if isinstance(value, list) else _listed(value)
    if spec.items is None:
        return items
    fitted: list[Json] = []
    for index, item in enumerate(items):
        try:
            fitted.append(coerce(spec.items, item, folder))
        except InvalidTask as error:
            raise InvalidTask(f"item {index + 1} {error}") from None
    return fitted


def _object(_spec: InputSpec, value: Json, _folder: str) -> Json:
    if isinstance(value, str):
        value = _from_json(value, "{")
    if not isinstance(value, dict):
        raise InvalidTask(f"must be an object, such as '{{\"key\": 1}}', not {_shown(value)}")
    return value


def _listed(value: Json) -> list[Json]:
    """One value as a list: JSON if it looks like it, else separated by commas."""
    if not isinstance(value, str):
        return [value]
    parsed = _from_json(value, "[")
    if isinstance(parsed, list):
        return parsed
    return [part.strip() for part in value.split(",") if part.strip()]


def _from_json(text: str, opening: str) -> Json:
    if not text.lstrip().startswith(opening):
        return text
    try:
        parsed: Json = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
    return parsed


def _as_number(value: Json) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(value) if isinstance(value, float | str) else math.nan
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,30}\s*", value):
        return int(value)  # a float would round it
    return number


def _within(spec: InputSpec, number: int | float, value: Json) -> int | float:
    if spec.minimum is not None and number < spec.minimum:
        raise InvalidTask(f"must be at least {spec.minimum:g}, not {_shown(value)}")
    if spec.maximum is not None and number > spec.maximum:
        raise InvalidTask(f"must be at most {spec.maximum:g}, not {_shown(value)}")
    return number


def _is_address(text: str) -> bool:
    return _has_scheme(text) or _SCP_ADDRESS.fullmatch(text) is not None


def _has_scheme(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _shown(value: Json) -> str:
    return f"`{shorten(json.dumps(value, ensure_ascii=False))}`"


_BY_TYPE: Mapping[str, Callable[[InputSpec, Json, str], Json]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
