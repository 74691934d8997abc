"""Findings: what the subtasks of a task found, worst first, and what each of them concluded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from aether_agents.cli.glyphs import BAD, GOOD, QUIET, WARN, Glyphs
from aether_agents.cli.tables import Column, quiet, table
from aether_agents.contracts import Json, SubtaskView, TaskView

#: Findings a screen is spared beyond; the report has them all.
SHOWN = 10

SEVERITIES = ("critical", "high", "medium", "low", "info")
_COLOURS = {"critical": f"bold {BAD}", "high": BAD, "medium": WARN, "low": "", "info": QUIET}
_CONCLUSIONS = {"pass": ("completed", GOOD), "fail": ("failed", BAD), "inconclusive": ("waiting_user_input", WARN)}


class Finding(NamedTuple):
    """One thing found."""

    severity: str
    place: str
    rule: str
    title: str


def findings_of(view: TaskView) -> list[Finding]:
    """All findings, worst first; in one severity, in the order found."""
    found = [
        _finding(item)
        for _, output in _looks(view)
        for item in _list(output.get("findings"))
        if isinstance(item, dict) and item.get("severity") in SEVERITIES
    ]
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def conclusions(view: TaskView, glyphs: Glyphs) -> Iterator[Text]:
    """What each subtask that looked for something concluded, in a line. Empty is not clean: it says what it covered."""
    looks = list(_looks(view))
    names = max((len(subtask.name or subtask.id) for subtask, _ in looks), default=0)
    for subtask, output in looks:
        sign, colour = _CONCLUSIONS[str(output["status"])]
        line = Text(f"{glyphs.status[sign]} ", style=colour).append((subtask.name or subtask.id).ljust(names))
        yield line.append(f"  {output['status']}", style=colour).append(f"  {output.get('summary', '')}", style=QUIET)


def worst(view: TaskView, glyphs: Glyphs) -> Iterator[RenderableType]:
    """The worst findings as a table, and how many more there are."""
    found = findings_of(view)
    if not found:
        return
    columns = (Column("severity", keep=True), Column("where", keep=True), Column("rule"), Column("what"))
    rows = [
        (Text(one.severity, style=_COLOURS[one.severity]), one.place, quiet(one.rule), one.title)
        for one in found[:SHOWN]
    ]
    yield table(columns, rows)
    if len(found) > SHOWN:
        yield quiet(f"{glyphs.more} {len(found) - SHOWN} more, all in the report")


def _looks(view: TaskView) -> Iterator[tuple[SubtaskView, Mapping[str, Json]]]:
    """The subtasks whose output is a conclusion with findings."""
    for subtask in view.subtasks:
        output = subtask.output
        looked = isinstance(output, dict) and isinstance(output.get("findings"), list)
        if isinstance(output, dict) and looked and output.get("status") in _CONCLUSIONS:
            yield subtask, output


def _finding(item: Mapping[str, Json]) -> Finding:
    place = str(item.get("file") or item.get("path") or "")
    line = item.get("line")
    return Finding(
        str(item["severity"]),
        f"{place}:{line}" if place and line else place,
        str(item.get("rule") or ""),
        str(item.get("title") or item.get("detail") or ""),
    )


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
