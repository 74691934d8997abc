"""Patterns and schemas of strangers: bounded work, and what cannot be checked is left to the server."""

import time
from typing import Any

import pytest

from aether_agents.contracts import holds
from aether_agents.contracts.expressions.linear_pattern import NotLinear, found
from aether_agents.documents.schema_validator import Check, check
from aether_agents.errors import InvalidPlan
from aether_agents.planning.validation.json_schema import types_in

CATASTROPHES = (r"^(a+)+$", r"^(a|aa)+$", r"(.*a){20}", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(x+x+)+y")
LONG = "a" * 30_000 + "!"


def quickly(seconds: float, began: float) -> None:
    assert time.process_time() - began < seconds


@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_no_pattern_holds_the_process(pattern: str) -> None:
    began = time.process_time()
    found(pattern, LONG)
    check({"p": LONG}, {"properties": {"p": {"pattern": pattern}}})
    check({LONG: 1}, {"patternProperties": {pattern: {}}, "additionalProperties": False})
    holds("matches", LONG, pattern)
    quickly(5, began)


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", "(", "a{2000}", "x" * 20_000, "\ud800"])
def test_what_is_not_linear_is_refused_quietly(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotLinear):
        found(pattern, "text")
    assert capfd.readouterr().err == ""


def test_a_text_that_is_no_unicode_is_searched() -> None:
    assert found("b", "a\ud800b")


@pytest.mark.parametrize(
    ("actual", "pattern", "result"), [("v1.2", r"^v\d", True), ("x", r"^v\d", False), (5, r"5", False)]
)
def test_matches(actual: Any, pattern: str, result: bool) -> None:
    assert holds("matches", actual, pattern) is result
    assert holds("lacks", actual, pattern) is not result


def test_a_bad_regular_expression_is_named() -> None:
    with pytest.raises(InvalidPlan, match="no regular expression"):
        holds("matches", "x", "(")


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^[\p{L}\p{N}_-]+$", "é2026", "a b"),
        (r"^(?<year>[0-9]{4})$", "2026", "26"),
        (r"^[\u00e0-\u00ff]$", "é", "e"),
        (r"^\u{1F600}$", "😀", "x"),
        (r"^\\u00e9$", r"\u00e9", "é"),
    ],
)
def test_patterns_are_read_as_their_authors_wrote_them(pattern: str, good: str, bad: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    assert check(good, schema) == Check()
    assert [error.validator for error in check(bad, schema).errors] == ["pattern"]


def test_a_pattern_that_cannot_be_tried_is_said_and_lets_the_value_pass() -> None:
    schema = {
        "properties": {"p": {"pattern": "(?=a)b"}},
        "patternProperties": {"(?!x)": {}},
        "additionalProperties": False,
    }
    found_now = check({"p": "b", "other": 1}, schema)
    assert found_now.errors == ()
    assert len(found_now.unchecked) == 2
    assert "(?=a)b" in "".join(found_now.unchecked)


@pytest.mark.parametrize(
    "dialect", ["http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-04/schema#", None]
)
def test_a_list_of_items_is_a_tuple_where_the_dialect_has_it(dialect: str | None) -> None:
    named = {"$schema": dialect} if dialect else {}
    schema = {**named, "type": "array", "items": [{"type": "number"}, {"type": "string"}]}
    assert check([1, "a"], schema) == Check()
    assert [list(error.path) for error in check(["x", "a"], schema).errors] == [[0]]


def test_a_tuple_of_the_newest_dialect() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "number"}]}
    assert check([1, "a"], schema) == Check()
    assert check(["x"], schema).errors


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": 5}, "no JSON schema"),
        ({"$ref": "#/$defs/Gone"}, "not in it"),
        ({"$ref": "http://127.0.0.1:9/other.json"}, "not in it"),
        ({"$ref": "#"}, "too often"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": 5}, "no JSON schema"),
    ],
)
def test_a_schema_that_cannot_be_followed_refuses_nothing(schema: dict[str, Any], says: str) -> None:
    found_now = check({"a": 1}, schema)
    assert found_now.errors == ()
    assert says in "".join(found_now.unchecked)


def doubling(keyword: str) -> dict[str, Any]:
    """A schema of forty levels, each of which names the next one twice."""
    levels = {f"l{at}": {keyword: [{"$ref": f"#/$defs/l{at + 1}"}] * 2} for at in range(40)}
    return {"$ref": "#/$defs/l0", "$defs": {**levels, "l40": {"type": "integer"}}}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_schema_that_doubles_at_each_level_costs_a_bounded_time(keyword: str) -> None:
    began = time.process_time()
    found_now = check("text", doubling(keyword))
    assert found_now.errors or "too often" in "".join(found_now.unchecked)
    assert types_in({"$ref": "#/$defs/l0"}, doubling("anyOf")) is None
    quickly(10, began)
