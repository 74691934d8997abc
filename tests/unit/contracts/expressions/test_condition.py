"""What `if` and `expect` mean."""

import pytest

from aether_agents.contracts import MISSING, Expect, Json, holds, meets
from aether_agents.contracts.tool import Operator


@pytest.mark.parametrize(
    ("op", "actual", "expected", "result"),
    [
        ("eq", 1, 1.0, True),
        ("eq", True, 1, False),
        ("eq", 0, False, False),
        ("eq", None, None, True),
        ("eq", [1, {"a": True}], [1, {"a": True}], True),
        ("eq", [1, {"a": True}], [1, {"a": 1}], False),
        ("eq", [1], [1, 2], False),
        ("ne", "a", "b", True),
        ("ne", True, 1, True),
        ("lt", 1, 2, True),
        ("lt", 2, 2, False),
        ("le", 2, 2, True),
        ("gt", 3, 2.5, True),
        ("ge", "b", "a", True),
        ("gt", "10", 2, False),
        ("gt", None, 0, False),
        ("gt", True, 0, False),
        ("in", "a", ["a", "b"], True),
        ("in", 1, [True], False),
        ("in", "ell", "hello", True),
        ("in", 1, "1", False),
        ("contains", [1, 2], 2, True),
        ("contains", {"key": 1}, "key", True),
        ("contains", "hello", "ell", True),
        ("contains", None, "x", False),
        ("exists", 0, None, True),
        ("exists", None, None, False),
        ("exists", None, False, True),
        ("exists", "x", False, False),
    ],
)
def test_operators(op: Operator, actual: Json, expected: Json, result: bool) -> None:
    assert holds(op, actual, expected) is result


@pytest.mark.parametrize("op", ["eq", "lt", "le", "gt", "ge", "in", "contains", "matches", "exists"])
def test_nothing_is_true_of_what_is_missing(op: Operator) -> None:
    assert holds(op, MISSING, None) is False


def test_what_is_missing_differs_from_everything_and_does_not_exist() -> None:
    assert holds("ne", MISSING, 1)
    assert holds("exists", MISSING, False)


@pytest.mark.parametrize(
    ("path", "op", "value", "result"),
    [
        ("result.return_code", "eq", 0, True),
        ("result.missing", "eq", 0, False),
        ("result.missing", "exists", False, True),
        ("", "contains", "result", True),
    ],
)
def test_expectations_read_the_output(path: str, op: Operator, value: Json, result: bool) -> None:
    assert meets(Expect(path=path, op=op, value=value), {"result": {"return_code": 0}}) is result
