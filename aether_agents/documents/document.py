"""A YAML or JSON file that still knows on which line each of its keys stands.

Every file a person writes for us is read here, so that every complaint about one has the same form:
`file:line: where: what is wrong (did you mean …?)`.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.composer import Composer

from aether_agents.contracts.complaint import with_its_value
from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_text

Location = tuple[str | int, ...]

#: Endings of the files that are read as documents where a whole folder is looked at.
ENDINGS = frozenset({".yaml", ".yml", ".json"})

#: Values one file may hold once its aliases are written out: a guard against a few lines that unfold to gigabytes.
MOST_NODES = 200_000
_WIDTH = 110  #: Characters a line of YAML has that we write.
#: A character that JSON escapes as two, such as `\ud83d\ude00`. YAML knows neither that nor tabs between tokens.
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Document:
    """The parsed content of a file and the line of each key in it."""

    name: str
    data: Any
    lines: dict[Location, int] = field(default_factory=dict)

    def line(self, location: Sequence[str | int]) -> int:
        """The line (from 1) of a key, or of the nearest key above it."""
        spot = tuple(location)
        while spot and spot not in self.lines:
            spot = spot[:-1]
        return self.lines.get(spot, 1)

    def fault(self, location: Sequence[str | int], message: str) -> str:
        """One complaint, in the form all complaints about files have."""
        where = ".".join(str(part) for part in location)
        return f"{self.name}:{self.line(location)}: {f'`{where}`: ' if where else ''}{message}"


def read_document(path: Path) -> Document:
    """Read a YAML or JSON file.

    Raises:
        InvalidSettings: it cannot be read or is not well formed; the error has file and line.
    """
    try:
        return parse_document(read_text(path), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path}: cannot be read: {error}") from None


def parse_document(text: str, name: str) -> Document:
    """Parse YAML, or JSON for a name that ends in `.json`.

    Raises:
        InvalidSettings: it is not well formed; the error has name and line.
    """
    if name.endswith(".json"):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidSettings(f"{name}:{error.lineno}: not valid JSON: {error.msg}") from None
        except RecursionError:
            raise InvalidSettings(f"{name}: nested too deeply to be read") from None
        text = _PAIR.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), text.replace("\t", " "))
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines = _lines(node, name)  # before anything is made of it: `<<` writes out what aliases point to
            data = loader.construct_document(node) if node is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidSettings(f"{name}:{line}: not valid YAML: {error.problem or error}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidSettings(f"{name}: not valid YAML: {error}") from None
    return Document(name=name, data=data, lines=lines)


# Events come from libyaml where PyYAML was built with it (its wheels are), eight times as quickly. The tree is made of
# them in Python all the same: libyaml's own way runs out of stack on a file that is nested too deeply.
_Parsed: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _Loader(Composer, _Parsed):  # type: ignore[misc]
    """YAML whose plain values are what JSON would take them for: `on`, `no`, dates and `22:30` are texts."""

    def __init__(self, text: str) -> None:
        _Parsed.__init__(self, text)
        Composer.__init__(self)


_OWN_RULES = {"bool", "int", "float", "timestamp"}
_NUMBER_STARTS = list("-+.0123456789")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] not in _OWN_RULES]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?i:true|false)\Z"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z"), _NUMBER_STARTS)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?\Z|[-+]?[0-9]+[eE][-+]?[0-9]+\Z"),
    _NUMBER_STARTS,
)


def write_document(data: Any) -> str:
    """Data as YAML that reads back as the same data, here and in any reader of YAML 1.1."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Repeats what is repeated, instead of pointing to it: the file is for people."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
# A text is quoted where either reading takes it for something else: `on` and `22:30` there, `1e999` here.
_THEIRS, _OURS = yaml.SafeDumper.yaml_implicit_resolvers, _Loader.yaml_implicit_resolvers
_Dumper.yaml_implicit_resolvers = {
    first: [*_THEIRS.get(first, []), *_OURS.get(first, [])] for first in {*_THEIRS, *_OURS}
}


def _lines(node: yaml.Node | None, name: str) -> dict[Location, int]:
    """The line of every key.

    Raises:
        InvalidSettings: a key is given twice, or aliases make it too large.
    """
    lines: dict[Location, int] = {}
    faults: list[str] = []
    if node is not None:
        _number(node, (), lines, faults, name)
        if _weight(node, {}) > MOST_NODES:
            faults.append(f"{name}: aliases make it larger than {MOST_NODES} values: write it out, or make it smaller")
    if faults:
        raise InvalidSettings("\n".join(faults))
    return lines


def _number(node: yaml.Node, at: Location, lines: dict[Location, int], faults: list[str], name: str) -> None:
    """Walk the node tree once, noting the line of every key and every key given twice."""
    stack = [(node, at)]
    seen_anchors: set[int] = set()
    while stack:
        current, location = stack.pop()
        lines.setdefault(location, current.start_mark.line + 1)
        if id(current) in seen_anchors:
            continue
        seen_anchors.add(id(current))
        if isinstance(current, yaml.MappingNode):
            for key, value in current.value:
                spot = (*location, str(key.value))
                if spot in lines:
                    faults.append(f"{name}:{key.start_mark.line + 1}: `{key.value}` is given twice")
                lines[spot] = key.start_mark.line + 1
                stack.append((value, spot))
        elif isinstance(current, yaml.SequenceNode):
            stack.extend((item, (*location, index)) for index, item in enumerate(current.value))


def _weight(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node holds with its aliases written out, each alias counted without walking it again."""
    if id(node) not in known:
        known[id(node)] = MOST_NODES + 1  # a node that holds itself has no end
        parts = node.value if isinstance(node, yaml.SequenceNode | yaml.MappingNode) else ()
        flat = [part for pair in parts for part in (pair if isinstance(pair, tuple) else (pair,))]
        known[id(node)] = 1 + sum(_weight(part, known) for part in flat)
    return known[id(node)]


def read_as(model: type[Model], document: Document, at: Location = ()) -> Model:
    """Validate a document (or the part of it at `at`) as a model.

    Raises:
        InvalidSettings: every fault, each with file, line and the nearest known name.
    """
    data = document.data
    for part in at:
        data = data[part]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidSettings("\n".join(faults(model, document, error, at))) from None


def faults(model: type[BaseModel], document: Document, error: ValidationError, at: Location = ()) -> Iterator[str]:
    """Each of pydantic's complaints, located in the file, with the nearest known name for an unknown key."""
    for item in error.errors():
        location = (*at, *item["loc"])
        if item["type"] == "extra_forbidden":
            key = str(item["loc"][-1])
            hint = nearest(key, _known_names(model, item["loc"][:-1]))
            yield document.fault(location, "unknown key" + hint)
        else:
            yield document.fault(location, with_its_value(item))


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing when no known name is near."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def _known_names(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Names allowed at a location inside a model; empty where the shape is free."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is None:
            return []
        known = {info.alias or name: info for name, info in current.model_fields.items()}
        if part not in known:
            continue  # an index or a free key: the model of the values is the same annotation's
        current = _model_in(known[str(part)].annotation)
    return [info.alias or name for name, info in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model mentioned in an annotation such as `dict[str, tuple[Model, ...]]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in getattr(annotation, "__args__", ()) if (found := _model_in(part))), None)
