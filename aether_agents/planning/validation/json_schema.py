"""Reading JSON schemas: what lies at a path, and which types may stand there. Nothing is ever fetched."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_MAX_REFS = 20
#: Alternatives inside alternatives that are looked at before a type counts as unknown: each may be named many times.
_MAX_ALTERNATIVES = 200


class _Absent:
    """The type of ABSENT."""


#: What `schema_at` gives for a place that the schema rules out.
ABSENT: Final = _Absent()

Schema = Mapping[str, Any]


def schema_at(schema: Schema, path: Sequence[str | int]) -> Schema | _Absent | None:
    """The schema of what lies at a path; ABSENT if nothing may lie there, none if the schema does not say."""
    spot: Schema | None = followed(schema, schema)
    for step in path:
        if spot is None:
            return None
        inner = _child(spot, step)
        if isinstance(inner, _Absent) or inner is None:
            return inner
        spot = followed(inner, schema)
    return spot


def types_in(schema: Schema | None, root: Schema) -> frozenset[str] | None:
    """The JSON types a schema allows; none if it does not say, or says it in too many steps."""
    types: set[str] = set()
    pending = [schema]
    for _ in range(_MAX_ALTERNATIVES):
        if not pending:
            return frozenset(types)
        part = pending.pop()
        part = followed(part, root) if part is not None else None
        if part is None:
            return None
        declared = part.get("type")
        branches = part.get("anyOf") or part.get("oneOf")
        if isinstance(declared, str):
            types.add(declared)
        elif isinstance(declared, list):
            types.update(str(name) for name in declared)
        elif isinstance(branches, list) and all(isinstance(branch, Mapping) for branch in branches):
            pending += branches
        else:
            return None
    return None


def _child(schema: Schema, step: str | int) -> Schema | _Absent | None:
    if isinstance(step, int):
        return _item(schema, step)
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and step in properties:
        inner = properties[step]
        return inner if isinstance(inner, Mapping) else None
    if schema.get("additionalProperties") is False and isinstance(properties, Mapping):
        return None if "patternProperties" in schema else ABSENT
    further = schema.get("additionalProperties")
    return further if isinstance(further, Mapping) else None


def _item(schema: Schema, index: int) -> Schema | None:
    """The schema of a list's item. Before 2020-12, a list of schemas under `items` stood for one each, by place."""
    items = schema.get("prefixItems", schema.get("items"))
    if isinstance(items, list):
        return items[index] if index < len(items) and isinstance(items[index], Mapping) else None
    return items if isinstance(items, Mapping) else None


def followed(schema: Schema, root: Schema) -> Schema | None:
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
