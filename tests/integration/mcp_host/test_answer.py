"""What a server's answer becomes."""

import pytest
from mcp.types import CallToolResult, ContentBlock, EmbeddedResource, ImageContent, TextContent, TextResourceContents

from aether_agents.contracts import Json
from aether_agents.mcp_host.session.answer_content import read


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ('{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        ("42", 42),
        ("plain words", "plain words"),
        ('{"half": ', '{"half": '),
        ("NaN", "NaN"),
        ('{"x": Infinity}', '{"x": Infinity}'),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
    ],
)
def test_a_single_text_is_its_json_or_itself(words: str, output: Json) -> None:
    assert read(CallToolResult(content=[text(words)])).output == output


def test_structured_content_goes_first() -> None:
    result = CallToolResult(content=[text('{"a": 1}')], structured_content={"result": 5})

    assert read(result).output == {"result": 5}


def test_several_parts_are_one_text_in_which_pictures_are_named() -> None:
    parts: list[ContentBlock] = [
        text("one"),
        ImageContent(type="image", data="AAAA", mime_type="image/png"),
        EmbeddedResource(type="resource", resource=TextResourceContents(uri="file:///x", text="inside")),
    ]

    assert read(CallToolResult(content=parts)).output == "one\n[image image/png]\ninside"


def test_a_failure_has_its_words() -> None:
    result = read(CallToolResult(content=[text("no such table")], is_error=True))

    assert (result.kind, result.error) == ("tool_error", "no such table")
    assert read(CallToolResult(content=[], is_error=True)).error == "(the server gave no text)"
