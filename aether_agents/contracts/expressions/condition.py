"""What `if` and `expect` mean: how a value found at a path is compared."""

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from aether_agents.contracts.contract import Json
from aether_agents.contracts.expressions.linear_pattern import NotLinear, found
from aether_agents.contracts.expressions.path import walk
from aether_agents.contracts.tool import Expect, Operator
from aether_agents.errors import InvalidPlan, ReferenceMissing


class _Missing:
    """The type of MISSING."""

    def __repr__(self) -> str:
        return "MISSING"


#: What is compared where a path leads nowhere. Every operator but `ne` and `exists: false` is false of it.
MISSING: Final = _Missing()


def holds(op: Operator, actual: Json | _Missing, expected: Json) -> bool:
    """Whether a value compares as it should.

    Equality is JSON's: `true` is not 1, 1 is 1.0. Order is between two numbers or two strings and false of
    anything else. `in`: the value is one of a list, or part of a string. `contains`: the other way round, also
    a key of an object. `exists`: there and not null (`value: false` turns it round). `matches`: a regular
    expression (RE2's, matched in linear time) found anywhere in a string. `lacks`: anything but a string in which
    it is found.

    Raises:
        InvalidPlan: `matches` or `lacks` was given something that is not a regular expression.
    """
    if op == "exists":
        return (not isinstance(actual, _Missing) and actual is not None) is not (expected is False)
    if isinstance(actual, _Missing):
        return op == "ne"
    if op == "matches":
        return isinstance(actual, str) and _found(expected, actual)
    if op == "lacks":
        return not isinstance(actual, str) or not _found(expected, actual)
    return _COMPARE[op](actual, expected)


def meets(expect: Expect, output: Json) -> bool:
    """Whether an output is what `expect` says a success looks like.

    Raises:
        InvalidPlan: its path or regular expression is malformed.
    """
    try:
        actual: Json | _Missing = walk(output, expect.path)
    except ReferenceMissing:
        actual = MISSING
    return holds(expect.op, actual, expect.value)


def _equal(one: Json, other: Json) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _within(part: Json, container: Json) -> bool:
    if isinstance(container, str):
        return isinstance(part, str) and part in container
    if isinstance(container, list):
        return any(_equal(part, item) for item in container)
    return isinstance(container, dict) and isinstance(part, str) and part in container


def _ordered(compare: Callable[[Any, Any], bool], one: Json, other: Json) -> bool:
    comparable = (_number(one) and _number(other)) or (isinstance(one, str) and isinstance(other, str))
    return comparable and compare(one, other)


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _found(expected: Json, actual: str) -> bool:
    pattern = expected if isinstance(expected, str) else ""
    try:
        return found(pattern, actual)
    except NotLinear as error:
        raise InvalidPlan(f"`{pattern}` is no regular expression that can be used here: {error}") from None


_COMPARE: Mapping[str, Callable[[Json, Json], bool]] = {
    "eq": _equal,
    "ne": lambda one, other: not _equal(one, other),
    "in": _within,
    "contains": lambda container, part: _within(part, container),
    "lt": partial(_ordered, operator.lt),
    "le": partial(_ordered, operator.le),
    "gt": partial(_ordered, operator.gt),
    "ge": partial(_ordered, operator.ge),
}
