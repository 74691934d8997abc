"""A task as one page that holds all it needs: what was asked, planned, called, answered and found, to be replayed.

It loads nothing from anywhere. Whatever a person, a tool or a server wrote is escaped wherever it stands.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template as Page
from typing import NamedTuple

from aether_agents.cli.views.findings import findings_of
from aether_agents.contracts import Event, Json, Plan, SubtaskView, TaskView
from aether_agents.contracts.event import STATUS_AFTER

#: Characters of one value, and rows of one table.
_VALUE_MAX, _ROWS_MAX = 20_000, 2_000


class Entry(NamedTuple):
    """An entry of the audit record, as it is shown."""

    number: int  #: 0 while it is not linked
    link: str
    fields: Mapping[str, Json]


class Proof(NamedTuple):
    """What the audit record says of itself."""

    entries: Sequence[Entry]  #: those of this task
    total: int
    end: str
    faults: Sequence[str]


def page(view: TaskView, plan: Plan | None, events: Sequence[Event], proof: Proof) -> str:
    """The page of a task."""
    template = Page((files(__package__) / "task_report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(view.description or view.task_id),
        summary=_summary(view),
        last=max(view.seq, 1),
        plan=_plan(view, plan, events),
        timeline=_timeline(view),
        calls=_calls(view, plan),
        approvals=_approvals(proof),
        findings=_findings(view),
        events=_events(events),
        verification=_verification(proof),
    )


def _summary(view: TaskView) -> str:
    word = "degraded" if view.degraded else view.status.value
    parts = [f'<b class="{view.status.value}">{word}</b>']
    if view.verdict:
        parts.append(f'<b class="{view.verdict.status}">{escape(view.verdict.words)}</b>')
    parts += [f"task <code>{escape(view.task_id)}</code>", f"asked by {escape(view.owner)}", _moment(view.created_at)]
    if view.created_at and view.finished_at:
        parts.append(f"{(view.finished_at - view.created_at).total_seconds():.1f} s")
    linked = {"retries": view.retries, "forks": view.forks, "undoes": view.undoes}
    parts += [f"{name} <code>{escape(task)}</code>" for name, task in linked.items() if task]
    error = f'<pre class="failed">{escape(view.error)}</pre>' if view.error else ""
    return " · ".join(filter(None, parts)) + error


def _plan(view: TaskView, plan: Plan | None, events: Sequence[Event]) -> str:
    risks = {one.id: one.risk.value for one in plan.subtasks} if plan else {}
    states: dict[str, list[str]] = {}
    for event in events:
        if event.subtask_id and (status := STATUS_AFTER.get(event.type)):
            states.setdefault(event.subtask_id, []).append(f"{event.seq}:{status.value}")
    rows = [
        [
            f"<code>{escape(one.id)}</code>",
            escape(one.tool or "(review)"),
            escape(risks.get(one.id.partition("#")[0], "")),
            escape(", ".join(one.needs)),
            f'<span class="{one.status.value}" data-states="{escape(" ".join(states.get(one.id, ())))}">'
            f"{one.status.value}</span>",
        ]
        for one in view.subtasks
    ]
    origin = f'<p class="quiet">{escape(view.plan.origin)} {escape(view.plan.template or "")}</p>' if view.plan else ""
    return origin + _table(("subtask", "tool", "risk", "needs", "status"), rows)


def _timeline(view: TaskView) -> str:
    began = [one for one in view.subtasks if one.started_at]
    if not began or view.created_at is None:
        return _nothing("Nothing ran.")
    start = min(one.started_at for one in began if one.started_at)
    ends = [one.finished_at or view.finished_at or start for one in began]
    whole = max((max(ends) - start).total_seconds(), 0.001)
    rows = []
    for one in began:
        left = ((one.started_at or start) - start).total_seconds() / whole * 100
        took = max(((one.finished_at or max(ends)) - (one.started_at or start)).total_seconds(), 0)
        bar = f'<div class="bar" style="left:{left:.2f}%;width:{min(took / whole * 100, 100 - left):.2f}%"></div>'
        rows.append(
            [f"<code>{escape(one.id)}</code>", f'<div class="lane {one.status.value}">{bar}</div>', f"{took:.2f} s"]
        )
    return _table(("subtask", f"{whole:.1f} s in all", "took"), rows)


def _calls(view: TaskView, plan: Plan | None) -> str:
    args = {one.id: dict(one.args) for one in plan.subtasks} if plan else {}
    rows = [_call(one, args.get(one.id.partition("#")[0])) for one in view.subtasks if one.started_at or one.kept_from]
    return _table(("call", "what went in and came out"), rows) if rows else _nothing("No call was made.")


def _call(one: SubtaskView, args: Mapping[str, Json] | None) -> list[str]:
    parts = []
    if args:
        parts.append(f"<details><summary>arguments</summary>{_value(dict(args))}</details>")
    if one.error:
        parts.append(f'<pre class="failed">{escape(one.error[:_VALUE_MAX])}</pre>')
    if one.output is not None:
        parts.append(f"<details><summary>output</summary>{_value(one.output)}</details>")
    tries = f", {one.attempts} attempts" if one.attempts > 1 else ""
    kept = f", taken over from {escape(one.kept_from)}" if one.kept_from else ""
    name = f'<code>{escape(one.id)}</code><br><span class="quiet">{escape(one.tool)}{tries}{kept}</span>'
    return [name, "".join(parts)]


def _approvals(proof: Proof) -> str:
    rows = [
        [
            escape(str(fields.get("question", ""))),
            f'<span class="{escape(str(fields.get("response")))}">{escape(str(fields.get("response")))}</span>',
            f"{escape(str(fields.get('by')))} <span class=quiet>{escape(str(fields.get('role', '')))}</span>",
            f"<code>{escape(str(fields.get('binds', '')))}</code>",
        ]
        for _, _, fields in proof.entries
        if fields.get("kind") == "answered"
    ]
    return _table(("question", "answer", "by", "a yes to"), rows) if rows else _nothing("Nobody was asked.")


def _findings(view: TaskView) -> str:
    rows = [
        [f'<span class="{one.severity}">{one.severity}</span>', escape(one.place), escape(one.rule), escape(one.title)]
        for one in findings_of(view)
    ]
    return _table(("severity", "where", "rule", "what"), rows) if rows else _nothing("None.")


def _events(events: Sequence[Event]) -> str:
    rows = [
        f'<tr data-seq="{one.seq}"><td>{one.seq}</td><td>{_moment(one.at)}</td><td>{escape(one.type.value)}</td>'
        f"<td>{escape(one.subtask_id or '')}</td><td>{escape(one.message)}</td></tr>"
        for one in events[:_ROWS_MAX]
    ]
    return f"<table>{''.join(rows)}</table>{_more(len(events))}"


def _verification(proof: Proof) -> str:
    faults = escape("\n".join(proof.faults))
    word = (
        f'<p class="failed">{len(proof.faults)} faults in the audit record:</p><pre>{faults}</pre>'
        if proof.faults
        else '<p class="completed">The audit record holds: nothing was edited, removed, inserted or reordered.</p>'
    )
    end = f'<p class="quiet">{proof.total} entries; it ended at <code>{escape(proof.end)}</code>.</p>'
    rows = [
        [
            str(one.number) if one.number else "not linked yet",
            escape(str(one.fields.get("kind"))),
            escape("  ".join(f"{name} {_text(value)}" for name, value in sorted(one.fields.items()) if name != "kind")),
            f"<code>{escape(one.link[:16])}</code>",
        ]
        for one in proof.entries
    ]
    return word + end + _table(("entry", "kind", "what it says", "link"), rows)


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[:_ROWS_MAX])
    return f"<table><tr>{top}</tr>{body}</table>{_more(len(rows))}"


def _more(count: int) -> str:
    return _nothing(f"{count - _ROWS_MAX} more are not shown.") if count > _ROWS_MAX else ""


def _value(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    cut = f"\n… ({len(text) - _VALUE_MAX} more characters)" if len(text) > _VALUE_MAX else ""
    return f"<pre>{escape(text[:_VALUE_MAX] + cut)}</pre>"


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _nothing(text: str) -> str:
    return f'<p class="quiet">{escape(text)}</p>'


def _moment(at: datetime | None) -> str:
    return escape(at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC") if at else ""
