"""What a server's answer to a call becomes: one JSON value, or the text of its failure."""

import json

from mcp.types import CallToolResult, ContentBlock, EmbeddedResource, TextContent, TextResourceContents

from aether_agents.contracts import Json
from aether_agents.mcp_host.call import CallResult


def read(result: CallToolResult) -> CallResult:
    """Structured content; else the JSON of a single text part; else the text."""
    if result.is_error:
        return CallResult(output=_text(result.content), error=_text(result.content), kind="tool_error")
    if result.structured_content is not None:
        return CallResult(output=result.structured_content)
    if len(result.content) == 1 and isinstance(result.content[0], TextContent):
        return CallResult(output=_json_or_text(result.content[0].text))
    return CallResult(output=_text(result.content))


def _json_or_text(text: str) -> Json:
    """The value a text is the JSON of, or the text. Text that only a lenient reader takes for JSON stays text."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


def _text(parts: list[ContentBlock]) -> str:
    return "\n".join(_part(part) for part in parts) or "(the server gave no text)"


def _part(part: ContentBlock) -> str:
    if isinstance(part, TextContent):
        return part.text
    if isinstance(part, EmbeddedResource) and isinstance(part.resource, TextResourceContents):
        return part.resource.text
    kind = getattr(part, "mime_type", None) or getattr(part, "uri", "")
    return f"[{part.type} {kind}]".replace(" ]", "]")
