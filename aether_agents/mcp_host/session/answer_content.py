"""What a server's answer to a call becomes: one JSON value, or the text of its failure."""

import json
from collections.abc import Callable, Mapping

from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
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

#: Keeps bytes of a type, given in base64; says where they lie.
Keep = Callable[[str, str], str]


def has_bytes(result: CallToolResult) -> bool:
    """Whether something in it is no text, and could be kept as a file."""
    return any(_bytes(part) is not None for part in result.content)


def read(result: CallToolResult, schema: Mapping[str, Json] | None = None, keep: Keep | None = None) -> CallResult:
    """Structured content that fits the tool's own output schema; else the JSON of a single text part; else the text.

    Structured content that does not fit, or that nobody can check, still counts where there is nothing else. Images,
    sounds and other bytes are given to `keep`, and stand in the text by where they lie.
    """
    notes = notes_of(result.meta)
    if result.is_error:
        whole = _text(result.content, keep)
        return CallResult(output=whole, error=whole, kind="tool_error", notes=notes)
    structured = result.structured_content
    if structured is not None:
        odd = _odd(structured, schema)
        if not odd or not result.content:
            kept = [_part(part, keep) for part in result.content if keep and _bytes(part) is not None]
            return CallResult(output=structured, notes=(*notes, *odd, *(f"beside it: {one}" for one in kept)))
        shown = shorten(json.dumps(structured, ensure_ascii=False), SHOWN)
        notes = (*notes, *odd, f"its text is used instead of its structured content: {shown}")
    elif schema is not None:
        notes = (*notes, "it has an output schema and sent no structured content")
    if len(result.content) == 1 and isinstance(result.content[0], TextContent):
        return CallResult(output=_json_or_text(result.content[0].text), notes=notes)
    return CallResult(output=_text(result.content, keep), notes=notes)


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


def _text(parts: list[ContentBlock], keep: Keep | None = None) -> str:
    return "\n".join(_part(part, keep) for part in parts) or "(the server gave no text)"


def _bytes(part: ContentBlock) -> tuple[str, str] | None:
    """Type and base64 of a part that is no text."""
    if isinstance(part, ImageContent | AudioContent):
        return part.mime_type, part.data
    if isinstance(part, EmbeddedResource) and isinstance(part.resource, BlobResourceContents):
        return part.resource.mime_type or "", part.resource.blob
    return None


def _part(part: ContentBlock, keep: Keep | None) -> str:
    if isinstance(part, TextContent):
        return part.text
    if isinstance(part, EmbeddedResource) and isinstance(part.resource, TextResourceContents):
        return part.resource.text
    if isinstance(part, ResourceLink):
        about = [part.title or part.name, part.mime_type, part.description]
        return f"{part.uri} ({', '.join(word for word in about if word)})"
    kind = getattr(part, "mime_type", None) or getattr(part, "uri", "")
    if isinstance(part, EmbeddedResource):
        kind = part.resource.mime_type or part.resource.uri
    found = _bytes(part)
    where = f": {keep(*found)}" if keep is not None and found is not None else ""
    return f"[{part.type} {kind}{where}]".replace(" ]", "]")
