"""What a server's answer to a call becomes: one JSON value, or the text of its failure."""

import json
from collections.abc import Mapping

from mcp.types import (
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from aether_agents.contracts import Json
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.schema_validator import check
from aether_agents.mcp_host.session.answer_repair import notes_of
from aether_agents.mcp_host.session.call_result import CallResult

#: Characters shown of structured content that is not used.
SHOWN = 1_000


def read(result: CallToolResult, schema: Mapping[str, Json] | None = None) -> CallResult:
    """Structured content that fits the tool's own output schema; else the JSON of a single text part; else the text.

    Structured content that does not fit, or that nobody can check, still counts where there is nothing else.
    """
    notes = notes_of(result.meta)
    if result.is_error:
        return CallResult(output=_text(result.content), error=_text(result.content), kind="tool_error", notes=notes)
    structured = result.structured_content
    if structured is not None:
        odd = _odd(structured, schema)
        if not odd or not result.content:
            return CallResult(output=structured, notes=(*notes, *odd))
        shown = shorten(json.dumps(structured, ensure_ascii=False), SHOWN)
        notes = (*notes, *odd, f"its text is used instead of its structured content: {shown}")
    elif schema is not None:
        notes = (*notes, "it has an output schema and sent no structured content")
    if len(result.content) == 1 and isinstance(result.content[0], TextContent):
        return CallResult(output=_json_or_text(result.content[0].text), notes=notes)
    return CallResult(output=_text(result.content), notes=notes)


def _odd(structured: Json, schema: Mapping[str, Json] | None) -> tuple[str, ...]:
    """What is wrong with structured content by the tool's output schema, or why that cannot be told."""
    if schema is None:
        return ()
    found = check(structured, schema)
    wrong = [f"its structured content does not fit its own output schema: {error.message}" for error in found.errors]
    return (*wrong[:1], *(f"of its output, {sentence}" for sentence in found.unchecked))


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
    if isinstance(part, ResourceLink):
        about = [part.title or part.name, part.mime_type, part.description]
        return f"{part.uri} ({', '.join(word for word in about if word)})"
    kind = getattr(part, "mime_type", None) or getattr(part, "uri", "")
    return f"[{part.type} {kind}]".replace(" ]", "]")
