"""Reading JSON schemas: what lies at a path, and which types may stand there. Nothing is ever fetched."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from referencing.jsonschema import EMPTY_REGISTRY

from aether_agents.contracts import Tool

_MAX_REFS = 20


class _Absent:
    """The type of ABSENT."""


#: What `schema_at` gives for a place that the schema rules out.
ABSENT: Final = _Absent()

Schema = Mapping[str, Any]


def input_validator(tool: Tool) -> Validator | None:
    """A validator of a tool's arguments; none if its schema is itself no valid schema.

    References in a schema are resolved inside it only: a server must not make the planner fetch anything.
    """
    return _validator(_Definition(tool))


class _Definition:
    """A tool as a key of the cache: its pin is the hash of its definition."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.key = (tool.ref, tool.pin)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Definition) and self.key == other.key


@lru_cache(maxsize=2_000)
def _validator(definition: _Definition) -> Validator | None:
    schema = definition.tool.input_schema
    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
    except (SchemaError, RecursionError):
        return None
    return kind(schema, registry=EMPTY_REGISTRY)


def schema_at(schema: Schema, path: Sequence[str | int]) -> Schema | _Absent | None:
    """The schema of what lies at a path; ABSENT if nothing may lie there, none if the schema does not say."""
    spot: Schema | None = _followed(schema, schema)
    for step in path:
        if spot is None:
            return None
        inner = _child(spot, step)
        if isinstance(inner, _Absent) or inner is None:
            return inner
        spot = _followed(inner, schema)
    return spot


def types_in(schema: Schema | None, root: Schema) -> frozenset[str] | None:
    """The JSON types a schema allows; none if it does not say."""
    schema = _followed(schema, root) if schema is not None else None
    if schema is None:
        return None
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(str(name) for name in declared)
    branches = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(branches, list):
        parts = [types_in(branch, root) for branch in branches if isinstance(branch, Mapping)]
        known = [part for part in parts if part is not None]
        return frozenset().union(*known) if len(known) == len(branches) else None
    return None


def _child(schema: Schema, step: str | int) -> Schema | _Absent | None:
    if isinstance(step, int):
        items = schema.get("items")
        return items if isinstance(items, Mapping) and "prefixItems" not in schema else None
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and step in properties:
        inner = properties[step]
        return inner if isinstance(inner, Mapping) else None
    if schema.get("additionalProperties") is False and isinstance(properties, Mapping):
        return None if "patternProperties" in schema else ABSENT
    further = schema.get("additionalProperties")
    return further if isinstance(further, Mapping) else None


def _followed(schema: Schema, root: Schema) -> Schema | None:
    """A schema with its local `$ref` followed; none for one that leads elsewhere or nowhere."""
    for _ in range(_MAX_REFS):
        target = schema.get("$ref")
        if target is None:
            return schema
        if not isinstance(target, str) or not target.startswith("#/"):
            return None
        spot: Any = root
        for part in target.removeprefix("#/").split("/"):
            spot = spot.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(spot, Mapping) else None
        if not isinstance(spot, Mapping):
            return None
        schema = spot
    return None
