"""Servers that were found in files of other products, as rows."""

from aether_agents.cli.servers.masked_entry import masked
from aether_agents.contracts import Json
from aether_agents.mcp_host.files.takeover import Offered
from aether_agents.mcp_host.trust.display import visible


def state_of(one: Offered, there: set[str]) -> str:
    """What can become of it, in a word or two."""
    if one.problem:
        return "cannot be"
    return "there" if one.name in there else "see notes" if one.notes else ""


def start_of(one: Offered) -> str:
    """Its command or address, without secrets."""
    entry = masked(one.entry)
    return visible(str(entry.get("url") or " ".join(map(str, (entry.get("command", ""), *entry.get("args", ()))))))


def row_of(one: Offered, there: set[str]) -> dict[str, Json]:
    """All that is known of it, for a program."""
    return {
        "name": one.name,
        "product": one.product,
        "file": str(one.file),
        "line": one.line,
        "project": one.of_project,
        "entry": masked(one.entry),
        "notes": list(one.notes),
        "problem": one.problem or None,
        "there": one.name in there,
    }
