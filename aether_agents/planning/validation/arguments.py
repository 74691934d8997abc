"""Arguments against a tool's live input schema, before the plan runs and while some values are unknown.

A value that is only known when the plan runs is a *hole*. What a schema says about names, and about
values without holes, is checked in full; what it says about a hole is checked against the output
schema of the tool that will fill it, where that tool has one, and again by the worker before the call.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from jsonschema import ValidationError

from aether_agents.contracts import Json, Reference, Tool, escape, find, resolve, substitute, walk, whole
from aether_agents.contracts.expressions.path import write_path
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.schema_validator import check
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import ReferenceMissing
from aether_agents.planning.validation.json_schema import ABSENT, Schema, schema_at, types_in

#: Items of a list in a plan that are tried one by one; a longer list is checked by its first ones.
MAX_TRIED_ITEMS = 50
#: Complaints about a value that hold whatever the holes inside it turn out to be.
_CERTAIN = frozenset(
    {
        *("required", "additionalProperties", "dependentRequired", "minProperties", "maxProperties"),
        *("minItems", "maxItems", "type"),
    }
)
_SHOWN = 30
_TYPE_OF_ANY_NUMBER = frozenset({"integer", "number"})

Where = tuple[str | int, ...]


class Producer(NamedTuple):
    """What fills a reference: a tool, once, or once per item of a list."""

    tool: Tool
    fans_out: bool


class _Unknown:
    """The type of a value that may be anything."""

    def __repr__(self) -> str:
        return "${…}"


class _Text(str):
    """A text of which a part is not known yet."""

    __slots__ = ()


_UNKNOWN: Final = _Unknown()


def argument_faults(
    tool: Tool, args: Mapping[str, Json], producers: Mapping[str, Producer], items: Json = None
) -> list[str]:
    """What is wrong with arguments for a tool; empty when nothing is.

    Args:
        tool: the live tool.
        args: expressions.
        producers: by id of a subtask, what its output comes from.
        items: the list of a `for_each`, where it is known; each of its items is tried.
    """
    found = [*_names(tool, args), *_holes(tool, args, producers)]
    if isinstance(items, list) and any(reference.root == "item" for reference in find(dict(args))):
        for index, item in enumerate(items[:MAX_TRIED_ITEMS]):
            try:
                filled = {name: _with_item(value, item) for name, value in args.items()}
            except ReferenceMissing as error:
                found.append(f"item {index + 1}: {error}")
                continue
            found += [f"item {index + 1}: {fault}" for fault in _values(tool, filled)]
    else:
        found += _values(tool, args)
    return list(dict.fromkeys(found))


def _with_item(value: Json, item: Json) -> Json:
    """An expression with an item of a list in the plan in its place; the list holds expressions itself."""

    def place(reference: Reference) -> Json:
        if reference.root != "item":
            return reference.text
        if find(item):
            return reference.text  # known only when the plan runs
        return escape(walk(resolve(item, lambda inner: inner.text), reference.path))

    return substitute(value, place)


def _names(tool: Tool, args: Mapping[str, Json]) -> Iterator[str]:
    """Arguments the tool does not have, and ones it cannot do without."""
    schema = tool.input_schema
    properties = schema.get("properties")
    known = list(properties) if isinstance(properties, dict) else []
    further = schema.get("additionalProperties")
    takes_more = "patternProperties" in schema or (further is None and not known) or further not in (None, False)
    for name in args:
        if name not in known and not takes_more:
            yield f"`{tool.ref}` has no argument `{name}`{nearest(name, known)}; it takes {', '.join(known) or 'none'}"
    required = schema.get("required")
    for wanted in required if isinstance(required, list) else []:
        if wanted not in args:
            yield f"`{tool.ref}` needs the argument `{wanted}`"


def _values(tool: Tool, args: Mapping[str, Json]) -> Iterator[str]:
    """What the schema says about the values that are known."""
    holes: dict[Where, Any] = {}
    known = {name: _known(value, (name,), holes) for name, value in args.items()}
    for error in check(known, tool.input_schema).errors:
        where: Where = tuple(error.absolute_path)
        if _counts(error, where, holes):
            yield f"argument `{write_path(where)}` of `{tool.ref}`: {_complaint(error)}"


def _counts(error: ValidationError, where: Where, holes: Mapping[Where, Any]) -> bool:
    if not where:
        return error.validator not in {"required", "additionalProperties"} and not holes
    if where in holes:
        return isinstance(holes[where], _Text) and error.validator == "type"
    inside = any(hole[: len(where)] == where for hole in holes)
    return not inside or error.validator in _CERTAIN


def _complaint(error: ValidationError) -> str:
    if isinstance(error.instance, _Text):
        wanted = error.schema.get("type") if isinstance(error.schema, dict) else None
        return f"is a text with a result in it; {wanted} is wanted: use the reference as the whole value"
    shown = repr(error.instance)
    return error.message if len(shown) <= _SHOWN else shorten(error.message.replace(shown, "it"))


def _known(value: Json, where: Where, holes: dict[Where, Any]) -> Any:
    """A value with its references as holes, and where the holes are."""
    if isinstance(value, str):
        if not find(value):
            return resolve(value, lambda reference: reference.text)
        only = whole(value)
        hole: Any = _UNKNOWN if only is not None and only.root != "secrets" else _Text(value)
        holes[where] = hole
        return hole
    if isinstance(value, list):
        return [_known(item, (*where, index), holes) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {key: _known(item, (*where, key), holes) for key, item in value.items()}
    return value


def _holes(tool: Tool, args: Mapping[str, Json], producers: Mapping[str, Producer]) -> Iterator[str]:
    """References to results whose type, by the producer's schema, can never fit."""
    for where, reference in _results(dict(args), ()):
        producer = producers.get(reference.name)
        if producer is None or producer.tool.output_schema is None:
            continue
        given = _output_types(producer, reference)
        if given is ABSENT:
            there = ", ".join(producer.tool.output_schema.get("properties") or {})  # type: ignore[arg-type]
            yield f"`{reference.text}`: `{producer.tool.ref}` never gives that; it gives {there or 'nothing'}"
            continue
        wanted_schema = schema_at(tool.input_schema, where)
        wanted = types_in(wanted_schema, tool.input_schema) if isinstance(wanted_schema, Mapping) else None
        if isinstance(given, frozenset) and wanted is not None and not _meet(given, wanted):
            takes = f"argument `{write_path(where)}` of `{tool.ref}` takes {' or '.join(sorted(wanted))}"
            yield f"{takes}; `{reference.text}` is {' or '.join(sorted(given))} by the schema of `{producer.tool.ref}`"


def _output_types(producer: Producer, reference: Reference) -> Any:
    """Types of what a reference leads to, ABSENT, or none if nobody knows."""
    schema: Schema = producer.tool.output_schema or {}
    path = reference.path[2:]
    if producer.fans_out:
        if not path:
            return frozenset({"array"})
        path = path[1:]
    spot = schema_at(schema, path)
    return types_in(spot, schema) if isinstance(spot, Mapping) else spot


def _meet(given: frozenset[str], wanted: frozenset[str]) -> bool:
    if given & wanted:
        return True
    return bool(given & _TYPE_OF_ANY_NUMBER) and bool(wanted & _TYPE_OF_ANY_NUMBER)


def _results(value: Json, where: Where) -> Iterator[tuple[Where, Reference]]:
    """The whole-value references to results, with the place of the argument they fill."""
    reference = whole(value)
    if reference is not None and reference.root == "subtasks":
        yield where, reference
    pairs: Sequence[tuple[str | int, Json]] = ()
    if isinstance(value, list):
        pairs = list(enumerate(value))
    elif isinstance(value, dict):
        pairs = list(value.items())
    for key, item in pairs:
        yield from _results(item, (*where, key))
