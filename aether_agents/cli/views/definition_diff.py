"""Definitions of tools, former and present, as a person compares them: every word of both, line by line.

What a server says about itself is text of a stranger's. So nothing of it is left out, and signs that cannot be seen
(without width, turning the direction of writing, steering the terminal) are written as escapes.
"""

import difflib
import json
from collections.abc import Iterable, Iterator

from rich.text import Text

from aether_agents.cli.session.protocols import Entry
from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, RISK_STYLES
from aether_agents.cli.terminal.text import visible
from aether_agents.contracts import Tool

_STYLES = {"-": BAD, "+": GOOD, " ": QUIET}


def changes(entry: Entry) -> list[list[Text]]:
    """Each tool that is new, changed or gone since the server was accepted, with both its definitions."""
    former = {tool.name: tool for tool in entry.former}
    listed = {tool.name for tool in entry.tools}
    differing = [tool for tool in entry.tools if entry.accepted.get(tool.name) != tool.pin]
    changed = [
        list(_changed(former.get(tool.name), tool) if tool.name in entry.accepted else _new(tool)) for tool in differing
    ]
    return changed + [list(_gone(name, former.get(name))) for name in sorted(entry.accepted) if name not in listed]


def first_sight(tools: Iterable[Tool], *, whole: bool) -> list[list[Text]]:
    """What a server lists that nobody has looked at yet: each tool with its risk, and its words; or all of it."""
    if whole:
        return [list(_new(tool)) for tool in tools]
    return [[_head("tool", tool), *(_words(tool.description))] for tool in tools]


def _words(description: str) -> list[Text]:
    lines = description.splitlines()
    more = f"  … {len(lines) - 1} more lines" if len(lines) > 1 else ""
    return [Text(f"  {visible(lines[0])}{more}", style=QUIET)] if lines else []


def _new(tool: Tool) -> Iterator[Text]:
    yield _head("new", tool)
    yield from _difference(None, tool)


def _gone(name: str, former: Tool | None) -> Iterator[Text]:
    yield Text(f"gone     {visible(name)}", style="bold")
    if former is not None:
        yield from _difference(former, None)


def _changed(former: Tool | None, tool: Tool) -> Iterator[Text]:
    yield _head("changed", tool)
    if former is None:
        yield Text("  what was accepted is not kept any more; this is what it is now", style=QUIET)
        yield from _difference(None, tool)
        return
    lines = list(_difference(former, tool))
    yield from lines or [Text("  a part of its definition that has no meaning here (a title) differs", style=QUIET)]


def _head(word: str, tool: Tool) -> Text:
    head = Text(f"{word:<8} {visible(tool.ref)}  ", style="bold")
    return head.append(str(tool.risk), style=RISK_STYLES[tool.risk])


def _difference(former: Tool | None, tool: Tool | None) -> Iterator[Text]:
    """Part by part, where they differ: whole texts, with `-` before what was and `+` before what is."""
    before, after = _parts(former), _parts(tool)
    for name in before | after:
        was, now = before.get(name, []), after.get(name, [])
        if was == now:
            continue
        yield Text(f"  {name}", style=QUIET)
        for line in difflib.ndiff(was, now):
            if line[0] in _STYLES:
                yield Text(f"    {line[0]} {line[2:]}", style=_STYLES[line[0]])


def _parts(tool: Tool | None) -> dict[str, list[str]]:
    if tool is None:
        return {}
    claims = tool.annotations.model_dump(exclude_none=True)
    parts = {
        "description": tool.description.splitlines(),
        "arguments": _pretty(tool.input_schema),
        "output": _pretty(tool.output_schema) if tool.output_schema else [],
        "claims": _pretty(claims) if claims else [],
    }
    return {name: [visible(line) for line in lines] for name, lines in parts.items()}


def _pretty(value: object) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
