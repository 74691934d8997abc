"""Arguments: whether a call is made at all, and whether what it is given fits the tool's live schema."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from referencing.exceptions import Unresolvable
from referencing.jsonschema import EMPTY_REGISTRY

from aether_agents.contracts import (
    MISSING,
    Condition,
    Json,
    Outcome,
    holds,
)
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import ReferenceMissing
from aether_agents.execution.resolving import resolve

_FAULTS_SHOWN = 5
_SHOWN = 200


def applies(condition: Condition, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether a condition holds. What it refers to may be missing: that is a value of its own.

    Raises:
        InvalidPlan: it is malformed.
    """
    try:
        actual = resolve(condition.ref, outcomes)
    except ReferenceMissing:
        return holds(condition.op, MISSING, condition.value)
    return holds(condition.op, actual, condition.value)


def faults(args: Json, schema: Mapping[str, Any], strike: Callable[[str], str] = str) -> list[str]:
    """What is wrong with arguments by a tool's input schema; empty when nothing is.

    Complaints quote values: `strike` takes the secrets out of them before they are cut to a length.
    """
    validator = _validator(json.dumps(schema, sort_keys=True))
    if isinstance(validator, str):
        return [validator]
    try:
        found = sorted(validator.iter_errors(args), key=lambda error: list(map(str, error.path)))
    except Unresolvable as error:
        return [f"the tool's own schema refers outside itself: {shorten(str(error), _SHOWN)}"]
    shown = [
        f"`{'.'.join(map(str, error.path)) or 'arguments'}`: {shorten(strike(error.message), _SHOWN)}"
        for error in found
    ]
    rest = len(shown) - _FAULTS_SHOWN
    return shown[:_FAULTS_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])


@lru_cache(maxsize=1_024)
def _validator(schema: str) -> Draft202012Validator | str:
    """The validator of a schema, or what is wrong with the schema. Checking one costs more than a short call."""
    document = json.loads(schema)
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        return f"the tool's own schema is not valid: {shorten(error.message, _SHOWN)}"
    return Draft202012Validator(document, registry=EMPTY_REGISTRY)  # a server must not make a worker fetch anything
