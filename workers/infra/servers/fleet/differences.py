"""Differences: what a preview says would change, as items, rows and one text in which equal hosts stand together."""

import difflib
import json
from collections.abc import Sequence
from typing import Any, Literal

from workers.inspection.answers import Item
from workers.inspection.git import printable

from .results import Step
from .runner import Event

Kind = Literal["create", "change", "replace", "destroy"]
#: Lines of one difference, and of all, that are shown.
MOST_LINES, MOST_IN_ALL = 400, 5_000
PACKAGES = frozenset(("apt", "dnf", "dnf5", "yum", "package", "zypper", "apk", "pacman"))
#: Modules that run what they are told: nobody can say before what that does.
_COMMANDS = frozenset(("command", "shell", "raw", "script"))
SERVICES = frozenset(("service", "systemd", "systemd_service", "sysvinit"))
_FILES = frozenset(
    (
        "copy",
        "template",
        "lineinfile",
        "blockinfile",
        "replace",
        "file",
        "get_url",
        "assemble",
        "ini_file",
        "cron",
        "uri",
    )
)


def names(value: object) -> list[str]:
    """One name, or a list of them, as a list."""
    if isinstance(value, str):
        return [one for one in (part.strip() for part in value.split(",")) if one]
    return [str(one) for one in value] if isinstance(value, list) else []


def place(event: Event) -> str:
    """The file that a task is about; empty if it is none."""
    found = event.args.get("dest") or event.args.get("path")
    for one in event.diff:
        header = str(one.get("after_header") or "").removesuffix(" (content)").removesuffix(" (file attributes)")
        if event.module in ("copy", "template") and header.startswith("/") and "/ansible-" not in header:
            return header
    return str(found) if isinstance(found, str) and found.startswith("/") else ""


def kind_of(event: Event) -> Kind:
    """Whether something is made, changed or taken away; what cannot be previewed may do anything."""
    if _runs_a_command(event):
        return "replace"
    if event.args.get("state") in ("absent", "removed"):
        return "destroy"
    first = event.diff[0] if event.diff else {}
    before = first.get("before", None)
    if isinstance(before, dict):
        return "create" if before.get("state") == "absent" else "change"
    if event.module in PACKAGES or event.module in ("user", "group"):
        return "create" if event.module in ("user", "group") and before in (None, "") else "change"
    return "create" if before == "" and event.module in ("copy", "template") else "change"


def undo_of(event: Event) -> str:
    """How a change would be undone."""
    if _runs_a_command(event):
        return "cannot be undone: it runs a command"
    if place(event) and event.module in _FILES:
        return "the file is kept on the host, and put back"
    if event.module in PACKAGES:
        return "what was not installed is removed again, what was removed is installed again"
    if event.module in SERVICES:
        return "as it ran before"
    if event.module in ("user", "group"):
        return "removed again, if it was not there before; else it stays as it is"
    return f"cannot be undone: nothing is known of `{event.module}`"


def _runs_a_command(event: Event) -> bool:
    return event.unseen or event.module in _COMMANDS


def step(event: Event) -> Step:
    """A row of the preview."""
    return Step(host=event.host, task=printable(event.task, 120), change=_change(event), undo=undo_of(event))


def items(events: Sequence[Event]) -> list[Item]:
    """The items of a preview; two of the same words are told apart."""
    found: list[Item] = []
    seen: dict[str, int] = {}
    for event in events:
        what = f"{event.host}: {printable(event.task, 120)}"
        seen[what] = seen.get(what, 0) + 1
        what = what if seen[what] == 1 else f"{what} ({seen[what]})"
        found.append(Item(kind=kind_of(event), what=what, detail=f"{_change(event)}; {undo_of(event)}"))
    return found


def text(events: Sequence[Event]) -> str:
    """All differences, each once, with the hosts that it is of."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for event in events:
        hosts.setdefault((event.task, _lines(event)), []).append(event.host)
    told: list[str] = []
    for (task, body), where in hosts.items():
        told += [f"# {', '.join(where)}: {printable(task, 120)}", *body.splitlines()[:MOST_LINES], ""]
    rest = len(told) - MOST_IN_ALL
    return "\n".join(told[:MOST_IN_ALL] + ([f"… and {rest} lines more"] if rest > 0 else []))


def _change(event: Event) -> str:
    if event.hidden:
        return "its author hides what it does (`no_log`)"
    if event.unseen:
        return f"runs without a preview: {printable(event.command or event.module, 160)}"
    lines = [line for line in _lines(event).splitlines() if not line.startswith(("+++", "---"))]
    more, less = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    where = place(event) or ", ".join(names(event.args.get("name") or event.args.get("pkg")))
    state = str(event.args.get("state") or "")
    told = " ".join(part for part in (event.module, where, state if state != "file" else "") if part)
    return printable(told + (f" (+{more} -{less})" if more or less else ""), 240)


def _lines(event: Event) -> str:
    if event.hidden:
        return "(hidden by its author)"
    if event.unseen:
        return f"! {event.command or event.module}"
    found: list[str] = []
    for one in event.diff:
        if "prepared" in one:
            found += printable(str(one["prepared"]), 20_000).splitlines()
            continue
        before, after = _text(one.get("before")), _text(one.get("after"))
        where = place(event) or event.module
        found += difflib.unified_diff(before, after, f"before {where}", f"after {where}", lineterm="", n=2)
    if not found:
        return "\n".join(f"+ {name}: {json.dumps(value)}" for name, value in sorted(event.args.items()))
    return "\n".join("".join(char if char.isprintable() or char == "\t" else "�" for char in line) for line in found)


def _text(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    return json.dumps(value, indent=1, sort_keys=True).splitlines() if value else []
