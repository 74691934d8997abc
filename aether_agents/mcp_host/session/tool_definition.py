"""Definition: a tool as its server lists it, pinned; and the catalogue's Tool made of it.

A tool is the hash of its definition: when the hash drifts, it is another tool.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from pydantic import Field

from aether_agents.contracts import Annotations, Contract, Json, ServerSpec, Specialist, Tool, ToolRow


class Definition(Contract):
    """A tool as its server lists it. All of it is the server's claim."""

    name: str = Field(description="Name of the tool on its server.")
    description: str = Field(default="", description="The server's description; untrusted text.")
    input_schema: dict[str, Json] = Field(default_factory=dict, description="JSON schema of the arguments.")
    output_schema: dict[str, Json] | None = Field(default=None, description="JSON schema of the output, if given.")
    annotations: Annotations = Field(default_factory=Annotations, description="The server's claims.")
    pin: str = Field(description="`sha256:…` over the canonical definition.")


def catalogue_tools(
    spec: ServerSpec, definitions: Iterable[Definition], specialist: Specialist | None = None
) -> list[Tool]:
    """The catalogue's tools of one server, each with the row of the server's own table or of its specialist's.

    A tool without a row in either gets the default row: destructive and unrepeatable.
    """
    return [
        Tool(
            server=spec.name,
            specialist=specialist.name if specialist else spec.queue,
            row=_row(f"{spec.name}/{definition.name}", spec, specialist),
            **definition.model_dump(),
        )
        for definition in definitions
    ]


def _row(ref: str, spec: ServerSpec, specialist: Specialist | None) -> ToolRow:
    own = next((row for row in spec.table if row.tool == ref), None)
    return own or (specialist.row(ref) if specialist else ToolRow(tool=ref))


#: What of a definition decides what the tool is, to a person and to a model that chooses it.
PINNED = ("name", "description", "inputSchema", "outputSchema", "annotations")


def pin(definition: Mapping[str, Json]) -> str:
    """`sha256:…` over the canonical form of a tool's definition, in MCP's own names.

    Absent and null parts count the same: servers differ in which they send.
    """
    parts = {name: definition[name] for name in PINNED if definition.get(name) is not None}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
