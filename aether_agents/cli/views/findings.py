"""Findings: what the subtasks of a task found, worst first, and what each of them concluded."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, WARN, Glyphs
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.cli.terminal.text import plain, width_of
from aether_agents.contracts import Json, SubtaskView, TaskView

#: Findings a screen is spared beyond; the report has them all.
SHOWN = 10

SEVERITIES = ("critical", "high", "medium", "low", "info")
_COLOURS = {"critical": f"bold {BAD}", "high": BAD, "medium": WARN, "low": "", "info": QUIET}
_CONCLUSIONS = {"pass": ("completed", GOOD), "fail": ("failed", BAD), "inconclusive": ("waiting_user_input", WARN)}


#: Lists in a result that are figures: their columns, the last of which is the conclusion.
_FIGURES = {
    "checks": ("check", "of", "value", "limit", "result"),
    "answers": ("address", "status", "ms", "result"),
}
#: Rows of figures that a screen is spared beyond.
ROWS = 20


class Finding(NamedTuple):
    """One thing found."""

    severity: str
    place: str
    rule: str
    title: str


def findings_of(view: TaskView) -> list[Finding]:
    """All findings, worst first, then in the order found. With several folders, each place names its own."""
    looks = list(_looks(view))
    several = len({str(output.get("path")) for _, output in looks if output.get("path")}) > 1
    found = [
        _finding(item, _folder(output) if several else "")
        for _, output in looks
        for item in _list(output.get("findings"))
        if isinstance(item, dict) and item.get("severity") in SEVERITIES
    ]
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity))


def conclusions(view: TaskView, glyphs: Glyphs) -> Iterator[Text]:
    """What each subtask that looked for something concluded, in a line. Empty is not clean: it says what it covered.

    Of many, those that passed are counted.
    """
    looks = list(_looks(view))
    passed = [look for look in looks if look[1]["status"] == "pass"]
    told = [look for look in looks if look not in passed][:SHOWN] if len(looks) > SHOWN else looks
    names = max((width_of(_name(*look)) for look in told), default=0)
    for subtask, output in told:
        sign, colour = _CONCLUSIONS[str(output["status"])]
        line = Text(f"{glyphs.status[sign]} ", style=colour, no_wrap=True, overflow="ellipsis")
        line.append(_name(subtask, output)).pad_right(names - width_of(_name(subtask, output)))
        line.append(f"  {output['status']}", style=colour)
        yield line.append(f"  {plain(str(output.get('summary', '')))}", style=QUIET)
    if len(looks) > SHOWN:
        yield Text(f"{glyphs.status['completed']} {len(passed)} of {len(looks)} pass", style=GOOD)


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


def figures(view: TaskView, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What was measured of a machine, or asked of endpoints, as numbers: a row each."""
    for _, output in _looks(view):
        for name, columns in _FIGURES.items():
            rows = [row for row in _list(output.get(name)) if isinstance(row, dict) and columns[-1] in row]
            if not rows:
                continue
            told = [[_figure(row, column) for column in columns] for row in rows[:ROWS]]
            yield table([Column(column.replace("_", " ")) for column in columns], told)
            if len(rows) > ROWS:
                yield quiet(f"{glyphs.more} {len(rows) - ROWS} more, all in the report")


def _figure(row: Mapping[str, Json], column: str) -> Text:
    value = row.get(column)
    text = "" if value is None else plain(str(value))
    return Text(text, style=_CONCLUSIONS[text][1] if column == "result" and text in _CONCLUSIONS else "")


def _looks(view: TaskView) -> Iterator[tuple[SubtaskView, Mapping[str, Json]]]:
    """The subtasks whose output is a conclusion with findings."""
    for subtask in view.subtasks:
        output = subtask.output
        looked = isinstance(output, dict) and isinstance(output.get("findings"), list)
        if isinstance(output, dict) and looked and output.get("status") in _CONCLUSIONS:
            yield subtask, output


def _name(subtask: SubtaskView, output: Mapping[str, Json]) -> str:
    """The subtask; of a fan-out's child, also the folder it looked at."""
    name = plain(subtask.name or subtask.id)
    return f"{name} {folder}" if "#" in subtask.id and (folder := _folder(output)) else name


def _folder(output: Mapping[str, Json]) -> str:
    return plain(PurePath(str(output.get("path") or "")).name)


def _finding(item: Mapping[str, Json], folder: str) -> Finding:
    place = str(item.get("file") or item.get("path") or "")
    place = str(PurePath(folder, place)) if folder and "://" not in place else place  # an address is no path
    line = item.get("line")
    return Finding(
        str(item["severity"]),
        f"{place}:{line}" if line else place,
        str(item.get("rule") or ""),
        _sentence(item),
    )


def _sentence(item: Mapping[str, Json]) -> str:
    """What is wrong, in words: what it is called, and what is known of it here."""
    title, detail = (plain(str(item.get(name) or "")).strip() for name in ("title", "detail"))
    return (
        detail
        if not title or detail.casefold().startswith(title.casefold())
        else f"{title}: {detail}"
        if detail
        else title
    )


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else ()
