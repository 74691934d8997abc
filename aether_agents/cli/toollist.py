"""The list of tools, whole or ranked by how well names and descriptions fit some words."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from aether_agents.cli.door import Entry
from aether_agents.cli.glyphs import RISK_STYLES
from aether_agents.cli.session import Session
from aether_agents.cli.tables import Column, quiet, table
from aether_agents.cli.text import plain
from aether_agents.contracts import Tool
from aether_agents.document import nearest
from aether_agents.errors import InvalidSettings

#: How much more a word in a tool's name says than one in its description.
NAME_WEIGHT = 3.0


def tool_rows(catalogue: Mapping[str, Entry], server: str | None) -> list[Tool]:
    """The live tools, by server."""
    if server is not None and server not in catalogue:
        raise InvalidSettings(
            f"no tools of `{server}` are known{nearest(server, catalogue)}; listed: {', '.join(catalogue) or 'none'}"
        )
    return [tool for name, entry in sorted(catalogue.items()) if server in (None, name) for tool in entry.tools]


def show_tools(session: Session, tools: list[Tool]) -> None:
    """The tools as a table."""
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


def ranked(tools: Sequence[Tool], query: str) -> list[Tool]:
    """The tools that share a word (or its beginning) with the query, best first; rare words count more."""
    wanted = set(_words(query))
    bags = [Counter(_words(tool.description)) for tool in tools]
    names = [set(_words(tool.ref)) for tool in tools]
    spread = Counter(word for bag, name in zip(bags, names, strict=True) for word in {*bag, *name})
    scores = [
        sum(
            math.log1p(len(tools) / spread[word]) * (NAME_WEIGHT if word in name else 1.0)
            for word in {*bag, *name}
            if any(_same(word, asked) for asked in wanted)
        )
        for bag, name in zip(bags, names, strict=True)
    ]
    order = sorted(range(len(tools)), key=lambda index: -scores[index])
    return [tools[index] for index in order if scores[index] > 0]


def _words(text: str) -> Iterator[str]:
    """Lower-case words; snake_case and server/tool fall apart, a run of CJK text falls into pairs."""
    for word in re.findall(r"[a-z0-9]+|[^\x00-\x7f]+", text.lower()):
        if word.isascii():
            yield word
        else:
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))


def _same(word: str, asked: str) -> bool:
    """One word, or two forms of one: `scan` and `scanning`, `secret` and `secrets`."""
    short, long = sorted((word, asked), key=len)
    return long == short or (len(short) >= 4 and long.startswith(short))  # noqa: PLR2004 - `a` begins too much
