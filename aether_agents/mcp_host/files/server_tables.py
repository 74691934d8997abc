"""Server tables: where in a document servers stand, whoever wrote it. One reader for all products and the long tail.

Most have a table by name under a key of their own (`mcpServers`, `servers`, `context_servers`, `mcp_servers`,
`extensions`, `mcp`), some a list of servers with a `name`, some such a table for each project. A file that is only a
table of servers is one too. In a file that is a product's settings as well, only what looks like a server counts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from aether_agents.documents.document import Document, Location
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings

#: Keys that hold servers, in the order in which they are looked for.
KEYS = (
    "mcpServers",
    "servers",
    "context_servers",
    "mcp_servers",
    "mcp.servers",
    "amp.mcpServers",
    "extensions",
    "modelContextProtocolServers",
    "mcp",
)
#: Keys whose content is looked into for one of those.
_AROUND = ("mcp", "amp", "experimental", "settings", "assistant", "agent", "projects", "customizations")
_DEEPEST = 4
#: What an entry has one of if it is a server: a program, an address, or a word for where either comes from.
_SHAPES = frozenset(
    [
        "command",
        "cmd",
        "url",
        "serverUrl",
        "httpUrl",
        "uri",
        "transport",
        "type",
        "config",
        "uses",
        "source",
        "settings",
    ]
)


#: Keys that a file of servers may have beside them.
_BESIDE = ("inputs", "$schema", "globalShortcut", "preferences")
_NAME, _OTHER, _LONGEST = re.compile(r"[A-Za-z0-9_.-]{1,64}"), re.compile(r"[^A-Za-z0-9_.-]+"), 64


class Found(NamedTuple):
    """One entry that stands where servers stand."""

    name: str
    raw: Any
    at: Location


def found_in(data: Mapping[str, Any], *, shared: bool) -> Iterator[Found]:
    """The servers of a document, in its order. `shared`: it holds other things too, which are passed over."""
    tables = list(_tables(data, (), 0))
    if not tables and data and all(_like(value) for value in data.values()):
        tables = [((), data)]
    for at, table in tables:
        for found in _entries(table, at):
            if not shared or _like(found.raw):
                yield found


def _tables(data: Mapping[str, Any], at: Location, depth: int) -> Iterator[tuple[Location, Any]]:
    for key, value in data.items():
        here = (*at, str(key))
        inside = isinstance(value, dict) and depth < _DEEPEST
        if inside and key in _AROUND and (nested := list(_tables(value, here, depth + 1))):
            yield from nested
        elif key in KEYS and (key != "mcp" or (isinstance(value, dict) and any(map(_like, value.values())))):
            yield here, value
        elif inside and at[-1:] == ("projects",):
            yield from _tables(value, here, depth + 1)


def _entries(table: Any, at: Location) -> Iterator[Found]:
    if isinstance(table, dict):
        for name, raw in table.items():
            yield Found(str(name), raw, (*at, str(name)))
    elif isinstance(table, list):
        for index, raw in enumerate(table):
            named = raw.get("name") if isinstance(raw, dict) else None
            yield Found(str(named or f"server-{index + 1}"), raw, (*at, index))


def _like(value: Any) -> bool:
    return isinstance(value, dict) and not _SHAPES.isdisjoint(value)


def fitting(name: str) -> str:
    """A name as ours may be: marketplaces write addresses and packages there, people write blanks."""
    return name if _NAME.fullmatch(name) else _OTHER.sub("-", name).strip("-")[-_LONGEST:].strip("-") or name


def check_top(document: Document) -> None:
    """Name a slip of the pen for the key that holds servers; what else stands there is another product's.

    Raises:
        InvalidSettings: there is one, or there is no place for servers.
    """
    data = document.data
    for key in data:
        hint = nearest(str(key), KEYS[:2]) if key not in (*KEYS, *_BESIDE) else ""
        alone = not any(_tables(data, (), 0)) and not isinstance(
            data[key], dict
        )  # an object may be a server of a bare table
        if hint or (alone and key not in _BESIDE):
            raise InvalidSettings(document.fault((key,), "unknown key" + hint))
    for key in KEYS[:2]:
        if not isinstance(data.get(key, {}), dict):
            raise InvalidSettings(document.fault((key,), "expected an object: server by name"))
