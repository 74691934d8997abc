"""Ranks tools by how near their names and descriptions are to some words, as templates are matched."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aether_agents.contracts import Template, Tool
from aether_agents.planning.routing.fused_ranking import Text, ranked_terms
from aether_agents.planning.routing.template_knowledge import Knowledge
from aether_agents.planning.routing.text_index import Nearness
from aether_agents.planning.sentence.terms import Reader

#: How much of a description is read, in characters: it is the server's own text.
_READ = 4_000


def nearest_tools(tools: Sequence[Tool], query: str) -> list[Tool]:
    """The tools that know a word of the query, or hold it as it stands, the nearest first."""
    reader = Reader()
    terms = ranked_terms(reader, query)
    # A name says more than a description: it is read twice.
    texts = [
        ranked_terms(reader, f"{_split(tool.ref)}. {_split(tool.ref)}. {tool.description[:_READ]}") for tool in tools
    ]
    near = Nearness(texts).scores(terms) if texts else np.zeros(0)
    literal = [query.casefold() in f"{tool.ref} {tool.description[:_READ]}".casefold() for tool in tools]
    fits = [held or any(map(Knowledge(text, ()).knows, terms)) for text, held in zip(texts, literal, strict=True)]
    order = sorted(range(len(tools)), key=lambda at: (-near[at] - literal[at], tools[at].ref))
    return [tools[at] for at in order if fits[at]]


def text_of_tool(row: Mapping[str, Any]) -> Text:
    """A tool of a scorer's catalogue as it is ranked: its name, what it does, its server, what it is told."""
    name = _split(str(row.get("name", "")))
    told = " ".join(_split(str(one)) for one in row.get("params") or ())
    about = (row.get("description"), _split(str(row.get("server") or "")), told, row.get("server_description"))
    return Text(". ".join([name, name, *(str(part)[:_READ] for part in about if part)]))


def text_of_template(template: Template) -> Text:
    """A template as it is ranked: its name, what it does, how people ask for it."""
    name = _split(template.name)
    return Text(f"{name}. {name}. {template.description}", template.examples)


def _split(ref: str) -> str:
    """`server/toolName` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[/_-]", " ", ref)
