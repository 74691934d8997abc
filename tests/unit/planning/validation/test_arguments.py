"""Arguments against live input schemas, while some values are not known yet."""

from typing import Any

import pytest

from aether_agents.contracts import Json
from aether_agents.planning.validation.arguments import Producer, argument_faults
from tests.unit.planning.toolshed import NUMBER, SCAN_OUTPUT, TEXT, tool

TARGET = tool(
    "s/target",
    {
        "path": TEXT,
        "n": {"type": "integer", "minimum": 1},
        "mode": {"enum": ["a", "b"]},
        "options": {"type": "object", "properties": {"x": TEXT}, "additionalProperties": False},
        "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "list": {"type": "array", "items": {"$ref": "#/$defs/number"}, "maxItems": 2},
    },
    ["path"],
)
TARGET = TARGET.model_copy(update={"input_schema": {**TARGET.input_schema, "$defs": {"number": {"type": "number"}}}})
SCAN = tool("s/scan", output=SCAN_OUTPUT)
PRODUCERS = {"scan": Producer(SCAN, False), "each": Producer(SCAN, True), "vague": Producer(tool("s/vague"), False)}


@pytest.mark.parametrize(
    "args",
    [
        {"path": "/x"},
        {"path": "${subtasks.vague.output.anything}", "n": "${subtasks.scan.output.count}"},
        {"path": "in ${subtasks.scan.output.findings}", "mode": "${item}"},
        {"path": "${secrets.place}", "either": None, "list": [1, "${item.x}"]},
        {"path": "a $${literal}", "options": {"x": "${item}"}},
        {"path": "${subtasks.each.output[0].count}"},
    ],
)
def test_what_fits_or_may_fit_passes(args: dict[str, Json]) -> None:
    if args["path"] == "${subtasks.each.output[0].count}":
        args = {"path": "/x", "n": args["path"]}
    assert argument_faults(TARGET, args, PRODUCERS) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({}, "needs the argument `path`"),
        ({"path": 5}, "argument `path` of `s/target`: 5 is not of type 'string'"),
        ({"path": "/x", "n": 0}, "less than the minimum"),
        ({"path": "/x", "pth": 1}, "has no argument `pth`; did you mean `path`?"),
        ({"path": "/x", "mode": "c"}, "not one of"),
        ({"path": "/x", "n": "about ${item}"}, "use the reference as the whole value"),
        ({"path": "/x", "n": "${secrets.n}"}, "integer is wanted"),
        ({"path": "/x", "options": {"y": "${item}"}}, "'y' was unexpected"),
        ({"path": "/x", "list": [1, "x"]}, "argument `list[1]`"),
        ({"path": "/x", "list": ["${item}", 2, 3]}, "is too long"),
        ({"path": "${subtasks.scan.output.findings}"}, "takes string; `${subtasks.scan.output.findings}` is array"),
        ({"path": "${subtasks.each.output}"}, "is array by the schema of `s/scan`"),
        ({"path": "${subtasks.scan.output.cuont}"}, "never gives that; it gives count, findings"),
        (
            {"path": "/x", "options": {"x": "${subtasks.scan.output.count}"}},
            "argument `options.x` of `s/target` takes string",
        ),
    ],
)
def test_what_can_never_fit_is_named(args: dict[str, Json], says: str) -> None:
    faults = argument_faults(TARGET, args, PRODUCERS)
    assert len(faults) == 1
    assert says in faults[0]


def test_each_item_of_a_list_in_the_plan_is_tried() -> None:
    items: Json = [{"p": "x", "n": 1}, {"p": "y", "n": 0}, {"n": 2}]
    faults = argument_faults(TARGET, {"path": "${item.p}", "n": "${item.n}"}, PRODUCERS, items)
    assert [fault[:6] for fault in faults] == ["item 2", "item 3"]
    assert "less than the minimum" in faults[0]
    assert "there is no `p`" in faults[1]


def test_a_tool_that_takes_more_takes_more() -> None:
    open_tool = TARGET.model_copy(update={"input_schema": {**TARGET.input_schema, "additionalProperties": True}})
    assert argument_faults(open_tool, {"path": "/x", "more": 1}, {}) == []


@pytest.mark.parametrize(
    ("schema", "faults"),
    [
        ({"type": "object", "properties": {"p": {"$ref": "http://127.0.0.1:9/schema.json"}}}, 0),
        ({"type": "object", "properties": {"p": {"$ref": "#/properties/p"}}}, 0),
        ({"type": "nonsense"}, 0),
        ({}, 0),
    ],
)
def test_a_strange_schema_neither_fetches_nor_breaks(schema: dict[str, Any], faults: int) -> None:
    strange = tool("s/strange").model_copy(update={"input_schema": schema, "pin": f"sha256:{schema}"})
    assert len(argument_faults(strange, {"p": 1}, {})) == faults


def test_numbers_meet_whole_numbers() -> None:
    wants_number = tool("s/number", {"x": {"type": "number"}})
    assert argument_faults(wants_number, {"x": "${subtasks.scan.output.count}"}, PRODUCERS) == []
    wants_whole = tool("s/whole", {"x": NUMBER})
    gives_number = {"n": Producer(tool("s/n", output={"type": "number"}), False)}
    assert argument_faults(wants_whole, {"x": "${subtasks.n.output}"}, gives_number) == []
