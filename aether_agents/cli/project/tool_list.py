"""The list of tools, whole or ranked by how well names and descriptions fit some words."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from aether_agents.cli.session.protocols import Entry
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.glyphs import RISK_STYLES
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.cli.terminal.text import plain
from aether_agents.contracts import Tool
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings


def tool_rows(catalogue: Mapping[str, Entry], server: str | None) -> list[Tool]:
    """The live tools, by server."""
    if server is not None and server not in catalogue:
        raise InvalidSettings(
            f"no tools of `{server}` are known{nearest(server, catalogue)}; listed: {', '.join(catalogue) or 'none'}"
        )
    return [tool for name, entry in sorted(catalogue.items()) if server in (None, name) for tool in entry.tools]


def show_tools(session: Session, tools: list[Tool], *, known: bool = False) -> None:
    """The tools as a table; with `known`, there are some, if none of these."""
    if not tools and known:
        session.output.say("no tool does that")
        session.output.hint("aether-agent tools list")
        return
    if not tools:
        session.output.say("no tools are known yet: workers list them when they start")
        session.output.hint("aether-agent up")
        return
    rows = [
        (tool.ref, Text(str(tool.risk), style=RISK_STYLES[tool.risk]), tool.specialist, quiet(_first_line(tool)))
        for tool in tools
    ]
    session.output.show(
        table((Column("tool", keep=True), Column("risk", keep=True), Column("for"), Column("does")), rows)
    )


def _first_line(tool: Tool) -> str:
    lines = tool.description.strip().splitlines()
    return plain(lines[0]) if lines else ""


def found_tools(tools: Sequence[Tool], query: str, limit: int) -> list[Tool]:
    """The tools nearest to some words, the nearest first."""
    # Imported when first needed: half a second that no other command has to wait for.
    from aether_agents.planning.routing.tool_ranking import nearest_tools  # noqa: PLC0415

    return nearest_tools(tools, query)[:limit]
