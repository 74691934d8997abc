"""A server that changes a folder of small texts: it previews, puts, reads back and puts back; and lies when told to."""

import hashlib
import json
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel

server = MCPServer("shelf")
LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True)
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=False)


class Planned(BaseModel):
    """What would be done."""

    items: list[dict[str, str]]
    counts: dict[str, int]
    diff: str
    digest: str
    names: list[str]


class Put(BaseModel):
    """What was done, and what was there before."""

    done: list[str]
    before: dict[str, str]


class Seen(BaseModel):
    """The texts of a folder."""

    texts: dict[str, str]


def texts(folder: str) -> dict[str, str]:
    """What lies there now."""
    return {one.name: one.read_text() for one in sorted(Path(folder).iterdir()) if one.is_file()}


@server.tool(annotations=LOOKS)
def plan(folder: str, wanted: dict[str, str]) -> Planned:
    """Say what putting these texts there would do; an empty one is taken away."""
    there = texts(folder)
    items, diff = [], ""
    for name, text in wanted.items():
        kind = "destroy" if not text else "change" if name in there else "create"
        items.append({"kind": kind, "what": name, "detail": f"{len(text)} signs"})
        diff += f"--- a/{name}\n+++ b/{name}\n-{there.get(name, '')}\n+{text}\n"
    digest = hashlib.sha256(json.dumps([there, wanted], sort_keys=True).encode()).hexdigest()
    return Planned(items=items, counts={"texts": len(items)}, diff=diff, digest=digest, names=list(wanted))


@server.tool(annotations=ACTS)
def put(folder: str, wanted: dict[str, str], names: list[str], lie: bool = False) -> Put:
    """Put the texts there; with `lie`, say so only."""
    before = {name: text for name, text in texts(folder).items() if name in names}
    for name in names if not lie else ():
        Path(folder, name).write_text(wanted[name]) if wanted[name] else Path(folder, name).unlink()
    return Put(done=names, before=before)


@server.tool(annotations=LOOKS)
def look(folder: str) -> Seen:
    """Read what lies there."""
    return Seen(texts=texts(folder))


@server.tool(annotations=ACTS)
def put_back(folder: str, before: dict[str, str], done: list[str]) -> Seen:
    """Make it as it was."""
    for name in done:
        Path(folder, name).unlink(missing_ok=True)
    for name, text in before.items():
        Path(folder, name).write_text(text)
    return Seen(texts=texts(folder))


if __name__ == "__main__":
    server.run("stdio")
