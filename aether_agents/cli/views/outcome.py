"""The outcome of a task as people read it: its outputs, what went wrong, and what to do next."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, WARN, Glyphs
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.cli.terminal.text import plain, printable
from aether_agents.contracts import Intervention, Json, SubtaskView, TaskView, denied_by

#: Rows and columns of a list of findings that a screen is spared beyond.
ROWS = 15
COLUMNS = 5
#: What people look for first in a finding.
FIRST = ("severity", "status", "file", "path", "line", "rule", "title", "message")
#: Lines of a long text that are shown.
LINES = 12
_STATES = {"pass": GOOD, "fail": BAD, "inconclusive": WARN}


def outputs(values: Mapping[str, Json], glyphs: Glyphs) -> Iterator[RenderableType]:
    """Each output under its name: a path as it is, findings as a table, a text by its first lines."""
    given = {name: value for name, value in values.items() if value is not None}
    names = max(map(len, given), default=0)
    for name, value in given.items():
        label = Text(f"{name.ljust(names)}  ", style="bold")
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield label.append(f"{len(value)}", style=QUIET)
            yield _findings([item for item in value if isinstance(item, dict)], glyphs)
        elif isinstance(value, str) and "\n" in value.strip():
            yield label
            yield from _long(value, glyphs)
        else:
            yield label.append_text(_short(value))


def trouble(view: TaskView, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Why a task failed: its own error, then that of each failed subtask; and which calls were broken off."""
    if view.error:
        yield Text(printable(view.error), style=BAD)
    alike: dict[str, list[SubtaskView]] = {}
    for failed in _failed(view.subtasks):
        alike.setdefault(failed.error or "", []).append(failed)
    for error, subtasks in alike.items():  # one cause is said once, whatever failed by it
        if denied_by(error) and view.error and denied_by(view.error):
            continue  # that is the whole reason, and stands above
        names, tools = ", ".join(one.id for one in subtasks), ", ".join(dict.fromkeys(one.tool for one in subtasks))
        text = Text(f"{glyphs.status['failed']} {names}", style=BAD).append(f"  {tools}", style=QUIET)
        if error and error not in (view.error or ""):
            text.append("\n  " + printable(error).replace("\n", "\n  "), style="default")
        yield text
    for cancelled in view.subtasks:
        if cancelled.status == "cancelled" and cancelled.error:
            text = Text(f"{glyphs.status['cancelled']} {cancelled.id}", style=WARN).append(
                f"  {cancelled.tool}", style=QUIET
            )
            yield text.append("\n  " + printable(cancelled.error), style="default")


def how_to_answer(task_id: str, asked: Intervention) -> str:
    """The exact command that answers a question."""
    command = f"aether-agent approve {task_id} {asked.id}"
    if asked.kind == "input":
        asks = command + "".join(f" --input {name}=…" for name, spec in asked.fields.items() if not spec.secret)
        secret = [name for name, spec in asked.fields.items() if spec.secret]
        return asks + (f"   (asks for {', '.join(secret)}, which is not shown)" if secret else "")
    if asked.kind == "choice":
        first, *others = asked.choices
        return f"{command} --choose {first}" + (f"   (or: {', '.join(others)})" if others else "")
    return f"{command}   (or --deny)"


def _failed(subtasks: Sequence[SubtaskView]) -> list[SubtaskView]:
    """Those that failed themselves; a fan-out whose children failed is told through them."""
    failed = [subtask for subtask in subtasks if subtask.status == "failed"]
    parents = {subtask.id.partition("#")[0] for subtask in failed if "#" in subtask.id}
    return [subtask for subtask in failed if subtask.id not in parents]


def _short(value: Json) -> Text:
    if isinstance(value, str):
        return Text(plain(value), style=_STATES.get(value, ""))
    if isinstance(value, bool) or value is None:
        return Text({True: "yes", False: "no", None: "nothing"}[value])
    if isinstance(value, dict) and value and all(isinstance(item, int) for item in value.values()):
        counted = [f"{count} {name}" for name, count in value.items() if count and name != "total"]
        return Text(", ".join(counted) or "none")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Text(", ".join(plain(str(item)) for item in value) or "none")
    return Text(plain(json.dumps(value, ensure_ascii=False)))


def _long(value: str, glyphs: Glyphs) -> Iterator[Text]:
    lines = printable(value.strip()).splitlines()
    yield from (Text(f"  {line}") for line in lines[:LINES])
    if len(lines) > LINES:
        yield quiet(f"  {glyphs.more} {len(lines) - LINES} more lines")


def _findings(rows: Sequence[Mapping[str, Json]], glyphs: Glyphs) -> RenderableType:
    known = dict.fromkeys(name for row in rows for name, value in row.items() if not isinstance(value, dict | list))
    ranked = [name for name in FIRST if name in known] + [name for name in known if name not in FIRST]
    shown = ranked[:COLUMNS]
    drawn = table(
        [Column("")] + [Column(name) for name in shown],
        [[""] + [_short(row.get(name)) if row.get(name) is not None else "" for name in shown] for row in rows[:ROWS]],
    )
    rest = len(rows) - ROWS
    return drawn if rest <= 0 else Group(drawn, quiet(f"  {glyphs.more} {rest} more"))


def report_path(values: Mapping[str, Json]) -> Path | None:
    """The report among the outputs, if one was written here."""
    for value in (values.get("report"), values.get("markdown")):
        if isinstance(value, str) and Path(value).is_file():
            return Path(value)
    return None
