"""Tolerance: what of a server's answer the MCP library would refuse whole, put right part by part before it looks.

A call that has run must not be thrown away for the shape of its answer, nor a server for one malformed tool. Parts of
unknown types become text, what is null or not there becomes what the protocol says it means, numbers that JSON does not
have become null, a tool that is none is left out. Each change leaves a sentence in the answer's `_meta`.
"""

import json
import math
from collections.abc import Callable
from typing import Any

from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCResponse
from mcp_types.methods import validate_server_result
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from pydantic import ValidationError

#: Where in an answer's `_meta` the sentences stand.
NOTES = "aether/notes"

#: Characters shown of something odd.
_SHOWN = 120

#: Keys of a part that is plain text and needs no second look.
_TEXT = {"type", "text"}


class TolerantTransport:
    """A transport whose incoming messages are put right."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aenter__(self) -> tuple["TolerantStream", Any]:
        """Open it: what comes in, what goes out."""
        read, write = await self._inner.__aenter__()
        return TolerantStream(read), write

    async def __aexit__(self, *reason: Any) -> Any:
        """Close it."""
        return await self._inner.__aexit__(*reason)


class TolerantStream:
    """A stream of messages from a server, each put right. Everything else is the stream's own."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aenter__(self) -> "TolerantStream":
        """Enter the stream."""
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *reason: Any) -> Any:
        """Leave the stream."""
        return await self._inner.__aexit__(*reason)

    def __aiter__(self) -> "TolerantStream":
        """The messages, as they come."""
        return self

    async def __anext__(self) -> Any:
        """The next message."""
        return understood(await self._inner.__anext__())

    async def receive(self) -> Any:
        """The next message."""
        return understood(await self._inner.receive())


def understood(item: Any) -> Any:
    """A message with its answer put right; anything else as it is."""
    message = item.message if isinstance(item, SessionMessage) else None
    if not isinstance(message, JSONRPCResponse):
        return item
    result, notes = dict(message.result), list[str]()
    if "tools" in result:
        _tools(result, notes)
    elif "content" in result or "structuredContent" in result or "isError" in result:
        _answer(result, notes)
    if notes:
        meta = result.get("_meta")
        result["_meta"] = {**(meta if isinstance(meta, dict) else {}), NOTES: notes}
    elif result == message.result:
        return item
    return SessionMessage(message.model_copy(update={"result": result}), item.metadata)


def notes_of(meta: Any) -> tuple[str, ...]:
    """The sentences in an answer's `_meta`."""
    found = meta.get(NOTES) if isinstance(meta, dict) else None
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _tools(result: dict[str, Any], notes: list[str]) -> None:
    listed = result["tools"] if isinstance(result["tools"], list) else []
    kept: list[Any] = []
    names: set[str] = set()
    for at, given in enumerate(listed):
        told = given.get("name") if isinstance(given, dict) else None
        who = f"tool `{told}`" if isinstance(told, str) else f"tool number {at + 1}"
        tool = _of_objects(given)
        if wrong := _refused("tools/list", {**result, "tools": [tool]}):
            notes.append(f"{who} is left out, it is no MCP tool: {wrong}")
        elif told in names:
            notes.append(f"{who} is listed twice: the first is used")
        else:
            names.add(str(told))
            kept.append(tool)
    result["tools"] = kept


def _of_objects(tool: Any) -> Any:
    """A tool whose input schema says that arguments are an object, which most leave out who leave anything out."""
    schema = tool.get("inputSchema") if isinstance(tool, dict) else None
    if not isinstance(schema, dict) or "type" in schema:
        return tool
    return {**tool, "inputSchema": {"type": "object", **schema}}


def _answer(result: dict[str, Any], notes: list[str]) -> None:
    try:
        json.dumps(result, allow_nan=False)
    except (ValueError, RecursionError):
        result |= _finite(result)
        notes.append("numbers that JSON does not have (NaN, Infinity) are null")
    if result.get("content") is None:
        result["content"] = []
        notes.append("it has no `content`")
    elif not isinstance(result["content"], list):
        result["content"] = [result["content"]]
        notes.append("its `content` is no list")
    if "isError" in result and not isinstance(result["isError"], bool):
        notes.append(f"its `isError` is {_short(result['isError'])}")
        result["isError"] = bool(result["isError"])
    result["content"] = [_part(part, notes) for part in result["content"]]
    structured = result.get("structuredContent")
    if structured is not None and not isinstance(structured, dict):
        notes.append("its `structuredContent` is no object: it is kept as text")
        result["content"] = [*result["content"], _as_text(structured)]
        del result["structuredContent"]
    elif "structuredContent" in result and structured is None:
        del result["structuredContent"]


def _part(part: Any, notes: list[str]) -> Any:
    if isinstance(part, dict) and part.keys() == _TEXT and part["type"] == "text" and isinstance(part["text"], str):
        return part
    if not _refused("tools/call", {"content": [part]}):
        return part
    kind = part.get("type") if isinstance(part, dict) else type(part).__name__
    notes.append(f"a part of the type {_short(kind)} is kept as text")
    return _as_text(part.get("text") if isinstance(part, dict) and isinstance(part.get("text"), str) else part)


def _as_text(value: Any) -> dict[str, str]:
    return {"type": "text", "text": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def _refused(method: str, result: dict[str, Any]) -> str:
    """What the library has against a result; empty when it takes it. Parts and tools are the same in all versions."""
    try:
        validate_server_result(method, LATEST_HANDSHAKE_VERSION, result)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'][-2:]))}: {first['msg']}"
    return ""


def _finite(value: Any) -> Any:
    """The same without numbers that JSON does not have, to a depth that every reader manages."""
    return _walk(value, lambda leaf: None if isinstance(leaf, float) and not math.isfinite(leaf) else leaf, 200)


def _walk(value: Any, change: Callable[[Any], Any], depth: int) -> Any:
    if depth == 0:
        return "nested too deeply"
    if isinstance(value, dict):
        return {key: _walk(item, change, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, change, depth - 1) for item in value]
    return change(value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
