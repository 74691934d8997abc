"""Planning: what would be destroyed, replaced, changed and created, read from the saved plan and not from its words."""

import json
import re
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import Item, named
from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, conclude
from workers.inspection.git import printable

from .plan_results import Drift, Planned, Resource
from .program import Program
from .running_code import refuse_code
from .saved_plans import Saved, new_plan

#: The kind of each set of actions; what destroys comes first.
KINDS: dict[tuple[str, ...], Any] = {
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("update",): "change",
    ("create",): "create",
    ("forget",): "change",
}
_ORDER = ("destroy", "replace", "change", "create")
_DIFF = 200_000
_TOLD = re.compile(
    r"^(?:.*\bNote: You didn't use the -out option|─+$|Saved the plan to:|To perform exactly|    terraform apply)"
)


def plan(
    folder: str, variables: dict[str, Any], destroy: bool, allow_code: bool, job: Job, targets: tuple[str, ...] = ()
) -> Planned:
    """Make a plan and keep it.

    Raises:
        ToolError: the configuration is wrong, runs programs, or the providers cannot be asked.
    """
    saved = new_plan()
    program = Program(folder, job, theirs=allow_code)
    if not allow_code:
        refuse_code(program.folder)
    notes = program.ready()
    if not allow_code:  # modules from elsewhere are there only now
        refuse_code(program.folder, program.data)
    saved.variables.touch(mode=0o600)
    saved.variables.write_text(json.dumps(variables), encoding="utf-8")
    words = ["plan", "-input=false", "-no-color", "-detailed-exitcode", "-lock-timeout=30s", f"-out={saved.file}"]
    words += [f"-var-file={saved.variables}", *(["-destroy"] if destroy else [])]
    program.run([*words, *(f"-target={one}" for one in targets)], allowed=(0, 2))
    saved.file.chmod(0o600)
    read = shown(program, saved)
    table = resources(read)
    items = [Item(kind=KINDS[_actions(one)], what=one["address"], detail=_why(one)) for one in _changes(read)]
    items += [Item(kind="change", what=f"output {name}") for name in _outputs(read)]
    items.sort(key=lambda one: _ORDER.index(one.kind))
    told = program.run(["show", "-no-color", str(saved.file)]).stdout.decode("utf-8", "replace")
    saved.note(
        theirs=allow_code,
        folder=str(Path(folder).resolve()),
        items=[one.model_dump() for one in items],
        destroy=destroy,
    )
    notes += [f"{one['address']} was changed outside of the configuration" for one in read.get("resource_drift", [])]
    counts = {kind: sum(item.kind == kind for item in items) for kind in _ORDER}
    return Planned(
        items=items,
        counts={**counts, "changes": len(items)},
        diff=printable_lines(told),
        table=table,
        notes=notes,
        cost="unknown: no source of prices is configured",
        plan=saved.name,
        digest=digest(read, variables),
    )


def stop_at(worst: str | None, findings: list[str], allowed: bool) -> None:
    """Nothing is planned of what a scanner finds dangerous, unless a person allows it.

    Raises:
        ToolError: it found something of high or critical severity.
    """
    if worst in ("high", "critical") and not allowed:
        told = "; ".join(printable(one, 200) for one in findings[:5])
        raise ToolError(
            f"the scanner found something of {worst} severity ({told}): fix the configuration, or read the findings "
            "and say `--input allow_findings=true`"
        )


def shown(program: Program, saved: Saved) -> dict[str, Any]:
    """The saved plan as the program reads it."""
    found: dict[str, Any] = json.loads(program.run(["show", "-json", str(saved.file)]).stdout)
    return found


def resources(read: dict[str, Any]) -> list[Resource]:
    """The resources that a plan touches, what is destroyed or replaced first."""
    rows = [
        Resource(address=one["address"], type=one["type"], action=KINDS[_actions(one)], why=_why(one))
        for one in _changes(read)
    ]
    return sorted(rows, key=lambda one: _ORDER.index(one.action))


def digest(read: dict[str, Any], variables: dict[str, Any]) -> str:
    """Names exactly what would be done: the values too, but no time."""
    changes = [(one["address"], one["change"]) for one in read.get("resource_changes", [])]
    return named(changes, read.get("output_changes"), sorted(variables))


def drift(folder: str, variables: dict[str, Any], allow_code: bool, job: Job) -> Drift:
    """Whether a plan would do anything now."""
    found = plan(folder, variables, False, allow_code, job)
    remaining = [f"{item.kind} {item.what}" for item in found.items]
    findings = [
        Finding(rule="drift", title="Not as the configuration says", severity="medium", file=printable(one), detail=one)
        for one in remaining
    ]
    base = conclude("configuration against what is there", folder, findings, Coverage(checks=1), looked=True)
    base.summary = f"a plan would do {len(remaining)} things" if remaining else "a plan would do nothing"
    return Drift(**base.model_dump(), remaining=remaining)


def printable_lines(text: str) -> str:
    """The words of a plan, line by line, without what tells how to apply it by hand."""
    lines = [printable(line, 500) for line in text.splitlines() if not _TOLD.match(line)]
    return "\n".join(lines).strip()[:_DIFF]


def _changes(read: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in read.get("resource_changes", []) if _actions(one) in KINDS]


def _actions(one: dict[str, Any]) -> tuple[str, ...]:
    return tuple(one["change"]["actions"])


def _outputs(read: dict[str, Any]) -> list[str]:
    found: dict[str, Any] = read.get("output_changes") or {}
    if _changes(read):  # outputs follow resources; alone they are a change of their own
        return []
    return sorted(name for name, one in found.items() if one["actions"] != ["no-op"])


def _why(one: dict[str, Any]) -> str:
    paths = [".".join(map(str, path)) for path in one["change"].get("replace_paths") or []]
    reason = str(one.get("action_reason") or "").replace("_", " ")
    return printable(f"{reason}: {', '.join(paths)}" if paths else reason, 300)
