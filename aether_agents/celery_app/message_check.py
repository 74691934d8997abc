"""What a message of ours looks like, checked before Celery sees it.

Celery trusts what lies in its queues: a text that is not JSON, a body without its three parts or a header of another
type ends the whole worker. Whoever can write to the broker could do that, by mistake too.
"""

import binascii
import json
from base64 import b64decode
from typing import Any

#: Headers of which Celery computes, and which no message of ours sets.
_UNUSED = ("eta", "expires", "compression", "shadow")
#: Properties that must be texts, where they are there.
_TEXTS = ("correlation_id", "reply_to", "body_encoding")


def fault_of(message: Any) -> str | None:
    """Why a message that was taken from a queue is none that Celery could have sent for us; none if it could be."""
    if not isinstance(message, dict):
        return "it is no JSON object"
    headers, properties = message.get("headers"), message.get("properties")
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        return "it has no headers or no properties"
    return _fault_of_properties(properties) or _fault_of_headers(headers) or _fault_of_body(message, properties)


def ids_of(message: bytes) -> tuple[str, ...]:
    """What a message of ours names, as it lies in its queue: a task, or a task and a subtask. Nothing if it is none."""
    try:
        read = json.loads(message)
        if fault_of(read) is not None:
            return ()
        encoded = read["properties"].get("body_encoding") == "base64"
        ids = json.loads(b64decode(read["body"]) if encoded else read["body"])[0]
    except (ValueError, RecursionError):
        return ()
    return tuple(ids) if all(isinstance(one, str) for one in ids) else ()


def _fault_of_properties(properties: dict[str, Any]) -> str | None:
    delivery = properties.get("delivery_info")
    if not _text(properties.get("delivery_tag")):
        return "it has no delivery tag"
    if not isinstance(delivery, dict) or not all(isinstance(delivery.get(one), str) for one in _ROUTE):
        return "it does not say where it was sent"
    if not all(isinstance(properties.get(one), str | None) for one in _TEXTS):
        return "one of its properties is of another type"
    if not isinstance(properties.get("priority"), int | None):
        return "its priority is no number"
    return None


_ROUTE = ("exchange", "routing_key")


def _fault_of_headers(headers: dict[str, Any]) -> str | None:
    if not _text(headers.get("task")) or not _text(headers.get("id")):
        return "it names no Celery task"
    if used := [one for one in _UNUSED if headers.get(one) is not None]:
        return f"it has the header `{used[0]}`, which no message of ours has"
    limits = headers.get("timelimit")
    if limits is not None and limits != [None, None]:
        return "it has a time limit, which no message of ours has"
    if not isinstance(headers.get("retries"), int | None):
        return "its number of retries is no number"
    return None


def _fault_of_body(message: dict[str, Any], properties: dict[str, Any]) -> str | None:
    if message.get("content-type") != "application/json" or message.get("content-encoding") != "utf-8":
        return "its content is not JSON in UTF-8"
    body = message.get("body")
    if not isinstance(body, str):
        return "it has no body"
    try:
        text = b64decode(body, validate=True) if properties.get("body_encoding") == "base64" else body
        parts = json.loads(text)
    except (ValueError, RecursionError, binascii.Error):
        return "its body cannot be read"
    kinds = (list, dict, dict)
    if not isinstance(parts, list) or len(parts) != len(kinds) or not all(map(isinstance, parts, kinds)):
        return "its body is not that of a Celery task"
    return None


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
