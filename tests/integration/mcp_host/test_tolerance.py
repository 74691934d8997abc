"""What of a server's answer is put right before the MCP library looks at it: part by part, and each change is said."""

import json
from typing import Any

import pytest
from mcp.shared.message import SessionMessage
from mcp.types import CallToolResult, JSONRPCNotification, JSONRPCResponse, ListToolsResult

from aether_agents.mcp_host.session.answer_content import read
from aether_agents.mcp_host.session.answer_repair import notes_of, understood


def repaired(result: dict[str, Any]) -> dict[str, Any]:
    item = SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result=result))
    return understood(item).message.result


TEXT = {"type": "text", "text": "hello"}


@pytest.mark.parametrize(
    ("result", "output", "notes"),
    [
        ({"content": [TEXT]}, "hello", 0),
        ({"content": [TEXT, {"type": "hologram", "depth": 3}]}, 'hello\n{"type": "hologram", "depth": 3}', 1),
        ({"content": [{"type": "text"}]}, {"type": "text"}, 1),
        ({"content": [{"type": "text", "text": "x", "annotations": {"priority": "high"}}]}, "x", 1),
        ({"content": ["bare", 5, None]}, "bare\n5\nnull", 3),
        ({"content": TEXT}, "hello", 1),
        ({"content": None, "structuredContent": {"a": 1}}, {"a": 1}, 1),
        ({"structuredContent": {"a": 1}}, {"a": 1}, 1),
        ({"content": [], "structuredContent": [1, 2]}, [1, 2], 1),
        ({"content": [TEXT], "isError": None}, "hello", 1),
        ({"content": [], "structuredContent": {"mean": float("nan"), "max": [float("inf")]}},
         {"mean": None, "max": [None]}, 1),
        ({"content": [{"type": "resource_link", "uri": "https://f.example/r.pdf", "name": "r", "title": "Report"}]},
         "https://f.example/r.pdf (Report)", 0),
    ],
)  # fmt: skip
def test_what_is_readable_is_kept(result: dict[str, Any], output: Any, notes: int) -> None:
    found = read(CallToolResult.model_validate(repaired(result)))
    assert (found.output, len(found.notes), found.kind) == (output, notes, None)
    json.dumps(found.output, allow_nan=False)


def test_an_error_that_is_no_boolean_is_one_all_the_same() -> None:
    found = read(CallToolResult.model_validate(repaired({"content": [TEXT], "isError": "yes"})))
    assert (found.kind, found.error) == ("tool_error", "hello")


def test_one_malformed_tool_costs_itself() -> None:
    good = {"name": "good", "inputSchema": {"type": "object"}}
    listed = [good, {"name": "typeless", "inputSchema": {}}, {"name": "none"}, "text", {"inputSchema": {}}, good]
    found = repaired({"tools": listed})
    assert [tool.name for tool in ListToolsResult.model_validate(found).tools] == ["good", "typeless"]
    said = notes_of(found["_meta"])
    assert [note.split(" ")[1] for note in said] == ["`none`", "number", "number", "`good`"]
    assert "listed twice" in said[-1]


def test_what_is_right_stays_the_very_same_message() -> None:
    for result in ({"content": [TEXT]}, {"tools": [{"name": "x", "inputSchema": {"type": "object"}}]}, {"other": 1}):
        item = SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=1, result=result))
        assert understood(item) is item
    told = SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="x"))
    assert understood(told) is told
    broken = ValueError("x")
    assert understood(broken) is broken


@pytest.mark.parametrize(
    ("schema", "output", "notes"),
    [
        (None, {"n": "three"}, 0),
        ({"properties": {"n": {"type": "string"}}}, {"n": "three"}, 0),
        ({"properties": {"n": {"type": "integer"}}}, "limit must be a number", 2),
        ({"properties": {"n": {"$ref": "#/$defs/Gone"}}}, "limit must be a number", 2),
    ],
)
def test_structured_content_counts_as_far_as_it_fits(schema: Any, output: Any, notes: int) -> None:
    content = [{"type": "text", "text": "limit must be a number"}]
    result = CallToolResult.model_validate({"content": content, "structuredContent": {"n": "three"}})
    found = read(result, schema)
    assert (found.output, len(found.notes)) == (output, notes)
