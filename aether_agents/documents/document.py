"""A YAML or JSON file that still knows on which line each of its keys stands.

Every file a person writes for us is read here, so that every complaint about one has the same form:
`file:line: where: what is wrong (did you mean …?)`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer

from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_text, why_not

Location = tuple[str | int, ...]

#: Endings of the files that are read as documents where a whole folder is looked at.
ENDINGS = frozenset({".yaml", ".yml", ".json"})

#: Values one file may hold once its aliases are written out: a guard against a few lines that unfold to gigabytes.
MOST_NODES = 200_000
#: A character that JSON escapes as two, such as `\ud83d\ude00`. YAML knows neither that nor tabs between tokens.
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")


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
        raise InvalidSettings(f"{path}: cannot be read: {why_not(error)}") from None


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
        except ValueError as error:  # a number of thousands of digits
            raise InvalidSettings(f"{name}: not valid JSON: {error}") from None
        text = _PAIR.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), text.replace("\t", " "))
    try:
        loader = Loader(text)
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


class Loader(Composer, _Parsed):  # type: ignore[misc]
    """Reads YAML whose plain values are what JSON would take them for: `on`, `no`, dates and `22:30` are texts."""

    def __init__(self, text: str) -> None:
        _Parsed.__init__(self, text)
        Composer.__init__(self)


_OWN_RULES = {"bool", "int", "float", "timestamp"}
_NUMBER_STARTS = list("-+.0123456789")
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] not in _OWN_RULES]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?i:true|false)\Z"), list("tTfF"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z"), _NUMBER_STARTS)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?\Z|[-+]?[0-9]+[eE][-+]?[0-9]+\Z"),
    _NUMBER_STARTS,
)


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
