"""Values as they are typed, made into what an input declares."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import InputSpec, Json
from aether_agents.errors import InvalidTask
from aether_agents.planning.inputs.coercion import coerce

PATHS = {"type": "array", "items": {"format": "path"}}


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        ({}, "text", "text"),
        ({}, 5, "5"),
        ({"format": "path"}, "a/../b/", "/place/b"),
        ({"format": "path"}, ".", "/place"),
        ({"format": "path"}, "/x//y/..", "/x"),
        ({"format": "path"}, "~/x", str(Path.home() / "x")),
        ({"format": "url"}, "https://h/p", "https://h/p"),
        ({"format": "url"}, "git@host.org:a/b.git", "git@host.org:a/b.git"),
        ({"format": "endpoint"}, "https://h/p", "https://h/p"),
        ({"format": "endpoint"}, "[::1]:22", "[::1]:22"),
        ({"type": "integer"}, "42", 42),
        ({"type": "integer"}, " -7 ", -7),
        ({"type": "integer"}, 3.0, 3),
        ({"type": "integer"}, "12345678901234567890", 12345678901234567890),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "number"}, 2, 2),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "OFF", False),
        ({"type": "boolean"}, 1, True),
        ({"type": "boolean"}, False, False),
        (PATHS, "a, b", ["/place/a", "/place/b"]),
        (PATHS, ["a", "/b"], ["/place/a", "/b"]),
        (PATHS, '["a", "b,c"]', ["/place/a", "/place/b,c"]),
        ({"type": "array", "items": {"type": "integer"}}, "1,2", [1, 2]),
        ({"type": "array", "items": {"type": "integer"}}, 5, [5]),
        ({"type": "array"}, [1, "x"], [1, "x"]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": "object"}, {"a": 1}, {"a": 1}),
        ({"enum": ["dev", "prod"]}, "prod", "prod"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "9", 9),
    ],
)
def test_what_fits_is_made_to_fit(spec: dict[str, Any], value: Json, expected: Json) -> None:
    made = coerce(InputSpec.model_validate(spec), value, "/place")
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("spec", "value", "says"),
    [
        ({}, ["x"], "must be a text"),
        ({}, True, "must be a text"),
        ({"format": "path"}, "", "not an empty text"),
        ({"format": "path"}, "a\0b", "NUL"),
        ({"format": "url"}, "not an address", "must be an address"),
        ({"type": "integer"}, "3.5", "must be a whole number"),
        ({"type": "integer"}, True, "must be a whole number"),
        ({"type": "integer"}, "many", "must be a whole number"),
        ({"type": "number"}, "nan", "must be a number"),
        ({"type": "number"}, "1e999", "must be a number"),
        ({"type": "boolean"}, "maybe", "must be true or false"),
        ({"type": "boolean"}, 2, "must be true or false"),
        ({"type": "object"}, "x", "must be an object"),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "x"], "item 2 must be a whole number"),
        ({"enum": ["dev", "prod"]}, "prd", 'one of dev, prod, not `"prd"`; did you mean `prod`'),
        ({"type": "integer", "minimum": 1}, 0, "at least 1"),
        ({"type": "number", "maximum": 0.5}, 0.6, "at most 0.5"),
    ],
)
def test_what_does_not_fit_is_named(spec: dict[str, Any], value: Json, says: str) -> None:
    with pytest.raises(InvalidTask) as error:
        coerce(InputSpec.model_validate(spec), value, "/place")
    assert says in str(error.value)


def test_a_relative_path_needs_a_folder() -> None:
    with pytest.raises(InvalidTask, match="has no folder"):
        coerce(InputSpec(format="path"), "a", "")


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "array", "object", "string"])
def test_what_is_secret_is_not_repeated_in_an_error(kind: str) -> None:
    for spec in (InputSpec(type=kind, secret=True), InputSpec(type="string", format="url", secret=True)):
        for value in ("hunter2", {"a": "hunter2"}, ["hunter2"], True):
            assert "hunter2" not in _refusal(spec, value)


def _refusal(spec: InputSpec, value: Json) -> str:
    try:
        coerce(spec, value, "/work")
    except InvalidTask as error:
        return str(error)
    return ""
