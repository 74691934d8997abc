"""Pins: a tool is the hash of its definition. When the hash drifts, it is another tool."""

import hashlib
import json
from collections.abc import Mapping

from aether_agents.contracts import Json

#: What of a definition decides what the tool is, to a person and to a model that chooses it.
PINNED = ("name", "description", "inputSchema", "outputSchema", "annotations")


def pin(definition: Mapping[str, Json]) -> str:
    """`sha256:…` over the canonical form of a tool's definition, in MCP's own names.

    Absent and null parts count the same: servers differ in which they send.
    """
    parts = {name: definition[name] for name in PINNED if definition.get(name) is not None}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
