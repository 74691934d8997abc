"""Reading JSON schemas: what lies at a path, and which types may stand there."""

from typing import Any

import pytest

from aether_agents.planning.validation.json_schema import ABSENT, schema_at, types_in

ROOT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}]},
        "open": {"type": "object", "additionalProperties": {"type": "integer"}},
        "patterned": {
            "type": "object",
            "properties": {},
            "patternProperties": {"^x": {}},
            "additionalProperties": False,
        },
        "boolean": True,
        "either": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/item"}]},
        "some": {"type": ["integer", "null"]},
        "vague": {"oneOf": [{"type": "string"}, {}]},
        "ring": {"$ref": "#/properties/ring"},
        "far": {"$ref": "https://host/schema.json"},
        "gone": {"$ref": "#/$defs/gone/deeper"},
        "tilde": {"$ref": "#/$defs/a~1b"},
    },
    "additionalProperties": False,
    "$defs": {
        "item": {"type": "object", "properties": {"line": {"type": "integer"}}, "additionalProperties": False},
        "a/b": {"type": "number"},
    },
}


@pytest.mark.parametrize(
    ("path", "types"),
    [
        ((), {"object"}),
        (("list",), {"array"}),
        (("list", 0), {"object"}),
        (("list", 3, "line"), {"integer"}),
        (("open", "anything"), {"integer"}),
        (("either",), {"string", "object"}),
        (("some",), {"integer", "null"}),
        (("tilde",), {"number"}),
    ],
)
def test_types_at_a_path(path: tuple[str | int, ...], types: set[str]) -> None:
    spot = schema_at(ROOT, path)
    assert isinstance(spot, dict)
    assert types_in(spot, ROOT) == types


@pytest.mark.parametrize("path", [("gone",), ("far",), ("ring",), ("boolean",), ("pair", 1), ("patterned", "y")])
def test_what_a_schema_does_not_say_is_not_made_up(path: tuple[str | int, ...]) -> None:
    assert schema_at(ROOT, path) is None


def test_what_may_be_anything_has_no_types() -> None:
    vague = schema_at(ROOT, ("vague",))
    assert isinstance(vague, dict)
    assert types_in(vague, ROOT) is None
    assert types_in(None, ROOT) is None


@pytest.mark.parametrize("path", [("missing",), ("list", 0, "column")])
def test_what_a_schema_rules_out_is_absent(path: tuple[str | int, ...]) -> None:
    assert schema_at(ROOT, path) is ABSENT


def test_below_what_is_unknown_everything_is_unknown() -> None:
    assert schema_at(ROOT, ("far", "x", 0)) is None
