"""Planning: what a playbook would do, host by host; and whether hosts are as it wants them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import named
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from . import differences
from .fingerprint import Read, fingerprint
from .local_code import refuse_local_code
from .results import Drift, Planned, Reached
from .runner import PLAYS, Event, Runner, advice

#: Failures that an error names one by one.
MOST_NAMED = 5
#: A failure of a host, in the words that are shown of it.
MOST_SAID = 300


class Wish(NamedTuple):
    """What is to be done."""

    playbook: Path
    variables: Mapping[str, Any]
    allow_code: bool = False


def wish_of(playbook: str | None, play: str | None, variables: Mapping[str, Any], allow_code: bool) -> Wish:
    """A wish for a playbook of somebody's, or for a small play that ships.

    Raises:
        ToolError: there is none, or both are named.
    """
    if (playbook is None) == (play is None):
        raise ToolError("name a playbook, or one of the plays that ship: one of the two")
    path = PLAYS / f"{play}.yaml" if playbook is None else Path(playbook)
    if not path.is_file():
        raise ToolError(f"the playbook `{printable(str(path))}` is not there: name the file with the plays")
    return Wish(path, variables, allow_code)


def played(runner: Runner, wish: Wish, limit: Sequence[str] = ()) -> list[Event]:
    """Every event of a check, host by host: hosts answer in any order, each in its own.

    Raises:
        ToolError: the playbook would run something on this machine.
    """
    if not wish.allow_code:
        refuse_local_code(wish.playbook, Path(runner.way.inventory), wish.variables)
    return sorted(
        runner.play(wish.playbook, wish.variables, limit, preview=True, trusted=wish.allow_code),
        key=lambda event: event.host,
    )


def preview(runner: Runner, wish: Wish, limit: Sequence[str] = ()) -> list[Event]:
    """Every event of a check.

    Raises:
        ToolError: a host does not answer, a task fails, or no host is meant.
    """
    events = played(runner, wish, limit)
    bad = [event for event in events if event.bad]
    if bad:
        more = f"; and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
        told = "; ".join(failure(event) for event in bad[:MOST_NAMED]) + more
        raise ToolError(
            f"nothing was changed, since the preview fails: {told}. Fix it, or leave the host out (`limit`)"
        )
    if not events:
        raise ToolError("nothing was looked at: no play of this playbook is for these hosts")
    return events


def failure(event: Event) -> str:
    """What went wrong on a host, and what to do about it."""
    said = printable(event.msg, MOST_SAID) if not event.hidden else "its author hides why"
    if event.event == "unreachable":
        return f"{event.host} does not answer ({said}): {advice(event.msg)}"
    more = f": {advice(event.msg)}" if "sudo" in event.msg and "password" in event.msg else ""
    return f"{event.host}: task `{printable(event.task, 80)}` fails: {said}{more}"


def doing(events: Sequence[Event]) -> list[Event]:
    """Those that would change something, or may."""
    return [event for event in events if event.changed or event.unseen]


def plan(runner: Runner, wish: Wish) -> tuple[Planned, list[Event]]:
    """What it would do, as items, rows and differences, with a digest of all of it; and the events that say so."""
    events = preview(runner, wish)
    would = doing(events)
    text, items = differences.text(would), differences.items(would)
    read = fingerprint(wish.playbook, Path(runner.way.inventory))
    text += _elsewhere(read)
    hosts = list(dict.fromkeys(event.host for event in would))
    told = [[item.model_dump() for item in items], text, read.digest, dict(wish.variables), hosts]
    digest = named(*told)
    unseen = sum(event.unseen for event in would)
    planned = Planned(
        items=items,
        counts={
            "hosts": len({event.host for event in events}),
            "hosts_to_change": len(hosts),
            "changes": len(would),
            "not_previewed": unseen,
        },
        table=[differences.step(event) for event in would],
        diff=text,
        digest=digest,
        change=f"change-{digest.removeprefix('sha256:')[:16]}",
        hosts=hosts,
        unseen=unseen,
    )
    return planned, would


def _elsewhere(read: Read) -> str:
    """What it reads outside of its folder, in words; nothing where it reads nothing there."""
    said = ""
    for names, how in ((read.outside, "they are part of this preview"), (read.unknown, "NOT part of this preview")):
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            shown = ", ".join(printable(one, 120) for one in names[:MOST_NAMED])
            said += f"\n# read outside of the playbook's folder ({how}): {shown}{more}"
    return said


def drift(runner: Runner, wish: Wish) -> Drift:
    """What would still change, did not answer or failed; what cannot be looked at without running it is a gap."""
    events = played(runner, wish)
    hosts = list(dict.fromkeys(event.host for event in events))
    findings = [
        Finding(
            rule="no_answer" if event.event == "unreachable" else "fails" if event.bad else "drift",
            title="Does not answer" if event.event == "unreachable"
            else "Cannot be looked at" if event.bad else "Not as the playbook wants it",
            severity="high",
            file=event.host,
            detail=failure(event) if event.bad else f"{printable(event.task, 120)}: {differences.step(event).change}",
        )
        for event in events if event.bad or event.changed
    ]  # fmt: skip
    unseen = sorted({f"{event.host}: {printable(event.task, 120)}" for event in events if event.unseen})
    gaps = [f"{len(unseen)} tasks run commands that cannot be looked at: {unseen[0]}"] if unseen else []
    covered = Coverage(endpoints=len(hosts), checks=len(events), gaps=gaps)
    base = conclude("hosts against a playbook", printable(str(wish.playbook)), findings, covered, looked=bool(events))
    off = {finding.file for finding in findings}
    return Drift(
        **base.model_dump(),
        remaining=[f"{one.file}: {one.detail.removeprefix(f'{one.file}: ')}" for one in findings]
        or ([] if events else ["no host was looked at"]),
        same=[host for host in hosts if host not in off],
        unseen=unseen,
    )


def reachable(runner: Runner) -> Reached:
    """Which hosts answer, and have a Python that ansible can use."""
    play = [{"hosts": "all", "gather_facts": False, "tasks": [{"name": "ping", "ansible.builtin.ping": {}}]}]
    events = runner.own(play)
    findings = [
        Finding(rule="no_answer", title="Does not answer", severity="high", file=event.host, detail=failure(event))
        for event in events if event.bad
    ]  # fmt: skip
    covered = Coverage(endpoints=len(events), checks=len(events))
    base = conclude("hosts of an inventory", printable(runner.way.inventory), findings, covered, looked=bool(events))
    return Reached(**base.model_dump(), answering=[event.host for event in events if not event.bad])
