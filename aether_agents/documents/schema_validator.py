"""Whether a value fits the JSON schema of a stranger's tool: one validator for planning and calling.

It follows `$schema` (draft 3 to 2020-12), fetches nothing, and does bounded work whatever the schema says: patterns run
in linear time, references are followed so many times and no more. What cannot be checked is said and left to the
server, which checks its own arguments; a schema is never a reason to refuse a call that its server would take.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

from aether_agents.contracts import Json
from aether_agents.contracts.expressions.linear_pattern import NotLinear, found

#: References followed while one value is checked. Real schemas follow as many as the value has parts.
MOST_REFERENCES = 20_000

#: Complaints of one value; more help nobody.
MOST_COMPLAINTS = 100

_NO_FORMATS = FormatChecker(formats=())
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_left = threading.local()

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


class TooMuch(Exception):
    """A schema that makes more work of one value than `MOST_REFERENCES`."""


class Check(NamedTuple):
    """What a validator found."""

    errors: tuple[ValidationError, ...] = ()
    #: What of the schema could not be checked, each in a sentence: it is left to the server.
    unchecked: tuple[str, ...] = ()


def check(value: Any, schema: Mapping[str, Json]) -> Check:
    """Check a value by a schema. Raises nothing, whatever the schema is."""
    known = _known(json.dumps(schema, sort_keys=True))
    if known.validator is None:
        return Check((), known.unchecked)
    _left.references = MOST_REFERENCES
    try:
        errors = tuple(islice(known.validator.iter_errors(value), MOST_COMPLAINTS))
    except Unresolvable as error:
        return Check((), (*known.unchecked, f"its schema refers to what is not in it ({error.ref})"))
    except (TooMuch, RecursionError):
        return Check((), (*known.unchecked, "its schema refers to itself too often"))
    except Exception as error:  # noqa: BLE001 - a stranger's schema can trip the library anywhere: left to the server
        return Check((), (*known.unchecked, f"its schema cannot be followed ({type(error).__name__})"))
    return Check(errors, known.unchecked)


class _Known(NamedTuple):
    validator: Validator | None
    unchecked: tuple[str, ...]


@lru_cache(maxsize=2_000)
def _known(text: str) -> _Known:
    """The validator of a schema. Making one costs more than a short call."""
    schema = json.loads(text)
    kind = _dialect(schema)
    if kind is None:
        return _Known(None, ("its schema is no JSON schema",))
    return _Known(_bounded(kind)(schema, registry=EMPTY_REGISTRY), tuple(_unusable(schema)))


def _dialect(schema: Any) -> type[Validator] | None:
    """The validator of the schema's dialect: the one it names, else MCP's default, else the one most servers mean."""
    named = isinstance(schema, dict) and "$schema" in schema
    for kind in (validator_for(schema, default=Draft202012Validator), *(() if named else (Draft7Validator,))):
        try:
            kind.check_schema(schema, format_checker=_NO_FORMATS)  # else patterns would have to be Python's
        except (SchemaError, Unresolvable, RecursionError):
            continue
        found_kind: type[Validator] = kind
        return found_kind
    return None


@lru_cache(maxsize=16)
def _bounded(kind: type[Validator]) -> type[Validator]:
    """The same dialect, with keywords whose work is bounded."""
    own = dict(kind.VALIDATORS)
    changed: dict[str, Keyword] = {name: _counted(own[name]) for name in _REFERENCES if name in own}
    changed["pattern"] = _pattern
    changed["patternProperties"] = _pattern_properties
    changed["additionalProperties"] = _additional_properties
    bounded: type[Validator] = extend(kind, changed)  # type: ignore[no-untyped-call]
    return bounded


def _counted(keyword: Keyword) -> Keyword:
    def follow(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        _left.references -= 1
        if _left.references < 0:
            raise TooMuch
        yield from keyword(validator, value, instance, schema) or ()

    return follow


def _pattern(validator: Any, pattern: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and _matches(pattern, instance) is False:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, schema in patterns.items():
        for name, value in instance.items():
            if _matches(pattern, name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, further: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    # A pattern that cannot be tried may be one that allows the name: that is for the server to say.
    extras = [
        name
        for name in instance
        if name not in properties and not any(_matches(pattern, name) is not False for pattern in patterns)
    ]
    if validator.is_type(further, "object"):
        for name in extras:
            yield from validator.descend(instance[name], further, path=name)
    elif extras and further is False:
        names = ", ".join(repr(name) for name in sorted(extras))
        was = "was" if len(extras) == 1 else "were"
        yield ValidationError(f"Additional properties are not allowed ({names} {was} unexpected)")


def _matches(pattern: Any, text: str) -> bool | None:
    """Whether the pattern is found; None where it cannot be tried."""
    try:
        return found(pattern, text)
    except NotLinear:
        return None


def _unusable(schema: Any) -> Iterator[str]:
    """The patterns in a schema that cannot be tried."""
    pending, seen = [schema], set()
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        if not isinstance(part, dict):
            continue
        pending += part.values()
        patterns = part.get("patternProperties")
        candidates = [part.get("pattern"), *(patterns if isinstance(patterns, dict) else ())]
        for pattern in candidates:
            if isinstance(pattern, str) and pattern not in seen and _matches(pattern, "") is None:
                seen.add(pattern)
                yield f"the pattern {pattern!r} cannot be matched in linear time"
