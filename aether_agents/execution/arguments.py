"""Arguments: references become values just before the call, and the values are checked against the live schema."""

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
    PlannedSubtask,
    Reference,
    depends,
    holds,
    walk,
)
from aether_agents.contracts import resolve as resolve_expression
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import InvalidPlan, ReferenceMissing
from aether_agents.execution.secret import Secrets

_FAULTS_SHOWN = 5
_SHOWN = 200


def needed(subtask: PlannedSubtask) -> tuple[str, ...]:
    """Ids of the subtasks whose results a subtask refers to.

    Raises:
        InvalidPlan: a reference in it is malformed.
    """
    condition = subtask.if_.ref if subtask.if_ else None
    verify = dict(subtask.verify.args) if subtask.verify else None
    ids = depends([condition, subtask.for_each, dict(subtask.args), verify])
    return tuple(name for name in ids if name != subtask.id)


def resolve(value: Json, outcomes: Mapping[str, Outcome], secrets: Secrets | None = None) -> Json:
    """The value of an expression, from the outcomes it refers to. Without `secrets`, none may be named.

    Raises:
        InvalidPlan: a reference is malformed, or of a kind that has no value at this point.
        ReferenceMissing: it leads nowhere.
        SecretMissing: a secret cannot be read.
    """

    def look_up(reference: Reference) -> Json:
        if reference.root == "subtasks":
            return _output(reference, outcomes)
        if reference.root == "secrets" and secrets is not None:
            return secrets.read(reference.name)
        raise InvalidPlan(f"`{reference.text}` has no value here")

    return resolve_expression(value, look_up)


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


def _output(reference: Reference, outcomes: Mapping[str, Outcome]) -> Json:
    outcome = outcomes.get(reference.name)
    if outcome is None:
        raise ReferenceMissing(f"`{reference.text}`: `{reference.name}` has no outcome yet; is it among the `needs`?")
    path = reference.path[2:]
    if path and outcome.status != "completed":
        raise ReferenceMissing(f"`{reference.text}`: `{reference.name}` has no output, it is {outcome.status}")
    try:
        return walk(outcome.output, path)
    except ReferenceMissing as error:
        raise ReferenceMissing(f"`{reference.text}`: {error}") from None


@lru_cache(maxsize=1_024)
def _validator(schema: str) -> Draft202012Validator | str:
    """The validator of a schema, or what is wrong with the schema. Checking one costs more than a short call."""
    document = json.loads(schema)
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        return f"the tool's own schema is not valid: {shorten(error.message, _SHOWN)}"
    return Draft202012Validator(document, registry=EMPTY_REGISTRY)  # a server must not make a worker fetch anything
