"""Layer: one place settings come from (a file, the environment, the command line), checked by itself.

Every fault names its own place: file and line, or variable, or option, and the nearest known name.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from aether_agents.contracts.complaint import with_its_value
from aether_agents.documents.document import parse_document
from aether_agents.documents.model_check import faults
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import why_not
from aether_agents.settings.model import Settings

PREFIX = "AETHER_"
#: Variables with a name of their own; every other setting is `AETHER_<SECTION>__<KEY>`.
SHORT_NAMES = {"AETHER_REDIS_URL": "broker.url", "AETHER_SEALING_KEY_FILE": "encryption.key_file"}
#: Variables that are not settings: the folder itself, keys (read by the store only), switches of the test suite.
NOT_SETTINGS = re.compile(r"AETHER_(HOME|SEALING_KEY|DEBUG|TEST_\w+)")
#: Fields of Settings that are found, not written.
FOUND = {
    "home": "set AETHER_HOME",
    "project": "it is the current folder",
    "inert_stubs": "they are those of a project file that is not trusted",
}


@dataclass(frozen=True)
class Layer:
    """Settings from one place, as nested data, and how that place names each of its keys."""

    data: dict[str, Any]
    place: Callable[[str], str]

    def has(self, key: str) -> bool:
        """Whether this layer says anything about the setting with this dotted key."""
        value: Any = self.data
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                return False
            value = value[part]
        return True


def file_layer(path: Path, content: bytes, complaints: list[str]) -> Layer:
    """The settings in the content of a file; its faults are added to `complaints`."""
    try:
        document = parse_document(content.decode("utf-8-sig"), str(path))
        Settings.model_validate(document.data)
    except UnicodeDecodeError as error:
        complaints.append(f"{path}: cannot be read: {why_not(error)}")
    except InvalidSettings as error:
        complaints.append(str(error))
    except ValidationError as error:
        complaints.extend(faults(Settings, document, error))
    else:
        wrong = [
            document.fault((key,), f"is not set in a file: {fix}") for key, fix in FOUND.items() if key in document.data
        ]
        complaints.extend(wrong)
        return Layer(
            {} if wrong else _anchored(document.data, path.parent),
            lambda key: f"{path}:{document.line(key.split('.'))}",
        )
    return Layer({}, lambda _: str(path))


def environment_layer(environ: Mapping[str, str], folder: Path, complaints: list[str], warnings: list[str]) -> Layer:
    """The settings in `AETHER_…` variables; an unknown one that may be another program's is only a warning."""
    names = {variable_name(key): key for key in known_keys()} | SHORT_NAMES
    given: dict[str, str] = {}
    for variable in sorted(environ, key=lambda name: name in SHORT_NAMES):  # the short name wins over the long one
        if not variable.startswith(PREFIX) or NOT_SETTINGS.fullmatch(variable) or not environ[variable]:
            continue
        key = names.get(variable) or variable.removeprefix(PREFIX).lower().replace("__", ".")
        if variable in names or "." in key:
            given[key] = variable
        else:
            warnings.append(f"{variable}: unknown variable, left out{nearest(variable, names)}")
    return _flat_layer(
        {key: _parsed(environ[variable]) for key, variable in given.items()},
        lambda key: given.get(key, variable_name(key)),
        lambda key: nearest(variable_name(key), names),
        folder,
        complaints,
    )


def option_layer(overrides: Mapping[str, Any], folder: Path, complaints: list[str]) -> Layer:
    """The settings given on the command line by dotted key; an option that was not given is None."""
    return _flat_layer(
        {key: value for key, value in overrides.items() if value is not None},
        lambda key: f"command line: `{key}`",
        lambda key: nearest(key, known_keys()),
        folder,
        complaints,
    )


def variable_name(key: str) -> str:
    """The variable of a setting: `delivery.lease` is `AETHER_DELIVERY__LEASE`."""
    return PREFIX + key.upper().replace(".", "__")


def known_keys(model: type[BaseModel] = Settings, above: str = "") -> list[str]:
    """The dotted key of every setting that can be written; free mappings end at their own name."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += known_keys(inner, f"{above}{name}.")
        elif above or name not in FOUND:
            keys.append(above + name)
    return keys


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping from two: mappings key by key, template lists and schedules by name, everything else from above."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if key == "schedules":  # half a schedule from each place would be due at two times
            result[key] = {**(old or {}), **value}
        elif isinstance(value, Mapping):
            result[key] = merged(old if isinstance(old, Mapping) else {}, value)
        elif isinstance(old, list) and isinstance(value, list) and _named(old + value):
            names = {item["name"] for item in value}
            result[key] = [item for item in old if item["name"] not in names] + value
        else:
            result[key] = value
    return result


def leaves(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value by its dotted key."""
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


def _named(items: list[Any]) -> bool:
    return all(isinstance(item, Mapping) and "name" in item for item in items)


def _parsed(text: str) -> Any:
    """Lists and mappings are written as YAML; everything else is text, which pydantic turns into numbers."""
    try:
        return yaml.safe_load(text) if text[:1] in ("[", "{") else text
    except yaml.YAMLError:
        return text  # pydantic then says what should have stood there


def _flat_layer(
    given: Mapping[str, Any],
    place: Callable[[str], str],
    hint: Callable[[str], str],
    folder: Path,
    complaints: list[str],
) -> Layer:
    """A layer from dotted keys; each is checked by itself, so that each fault has its own name."""
    data: dict[str, Any] = {}
    for key, value in given.items():
        nested = value
        for part in reversed(key.split(".")):
            nested = {part: nested}
        if key in FOUND:
            complaints.append(f"{place(key)}: is not a setting: {FOUND[key]}")
            continue
        try:
            Settings.model_validate(nested)
        except ValidationError as error:
            for item in error.errors():
                unknown = item["type"] == "extra_forbidden"
                what = f"unknown setting{hint(key)}" if unknown else with_its_value(item)
                complaints.append(f"{place(key)}: {what}")
        else:
            data = merged(data, _anchored(nested, folder))
    return Layer(data, place)


def _anchored(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same with relative paths resolved against the folder of the one who wrote them."""
    result = dict(data)
    if "roots" in data:
        result["roots"] = [_absolute(path, folder) for path in data["roots"]]
    if "schedules" in data:
        result["schedules"] = {
            name: {**one, "folder": _absolute(one.get("folder") or ".", folder)}
            for name, one in data["schedules"].items()
        }
    if key_file := (data.get("encryption") or {}).get("key_file"):
        result["encryption"] = {**data["encryption"], "key_file": _absolute(key_file, folder)}
    if token_file := (data.get("agentserver") or {}).get("token_file"):
        result["agentserver"] = {**data["agentserver"], "token_file": _absolute(token_file, folder)}
    return result


def _absolute(path: str | os.PathLike[str], folder: Path) -> str:
    return os.path.normpath(folder / Path(path).expanduser())
