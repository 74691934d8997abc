"""Composition: several steps, each bound, as one plan with one report at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aether_agents.contracts import Condition, Json, Subtask, Template, depends, escape
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.inputs.binding import Binding
from aether_agents.planning.validation.expansion import Expansion
from aether_agents.planning.validation.order import expressions_before

#: The tool that ends a template with a report, and the outputs that come from it.
REPORT = "reports/write"
_OF_REPORT = ("report", "markdown", "status", "findings", "worst")
_LONGEST = 80


def composed(steps: Sequence[Step], bindings: Sequence[Binding]) -> Template:
    """A template whose subtasks are the steps, with what they are told written out."""
    names = [step.template.name for step in steps]
    return Template(
        name=_name(list(dict.fromkeys(names))),
        description="; ".join(
            f"{step.template.name}{_told(binding)}" for step, binding in zip(steps, bindings, strict=True)
        ),
        specialist=steps[0].template.specialist if len({step.template.specialist for step in steps}) == 1 else "",
        subtasks=tuple(
            Subtask.model_validate(
                {
                    "id": step.id,
                    "name": step.template.name,
                    "goal": step.template.name,
                    "args": {name: escape(value) for name, value in binding.values.items() if value is not None},
                    "needs": step.needs,
                    "if": _condition(step),
                }
            )
            for step, binding in zip(steps, bindings, strict=True)
        ),
        outputs=_outputs(steps),
    )


def _name(names: Sequence[str]) -> str:
    """A name that no template has: it must not be taken for one of its own parts."""
    return f"{names[0]}_for_each" if len(names) == 1 else f"{'_and_'.join(names)[: _LONGEST - 9].rstrip('_')}_together"


def _told(binding: Binding) -> str:
    """The places of a step, for people."""
    places = [value for value in binding.values.values() if isinstance(value, str) and value.startswith("/")]
    return f" of {places[0]}" if places else ""


def _condition(step: Step) -> Condition | None:
    if step.condition is None:
        return None
    op = "eq" if step.condition == "passed" else "ne"
    return Condition(ref=f"${{subtasks.{step.needs[-1]}.output.status}}", op=op, value="pass")


def _outputs(steps: Sequence[Step]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for step in steps:
        for name in step.template.outputs:
            found[f"{step.id}_{name}"] = f"${{subtasks.{step.id}.output.{name}}}"
    return found


def with_one_report(expansion: Expansion, steps: Sequence[Step]) -> Expansion:
    """The same work with the reports of its steps made one, where each step ends in one and none depends on another."""
    if any(step.condition for step in steps) or len(steps) == 1:
        return expansion
    reports = [_report(expansion.subtasks, step) for step in steps]
    ends = [report for report in reports if report is not None]
    gone = {report.id for report in ends}
    if len(ends) < len(steps) or _is_needed(expansion, gone):
        return expansion
    behind = {report.id: tuple(need for need in report.needs if need not in gone) for report in ends}
    rest = [
        one.model_copy(update={"needs": tuple(dict.fromkeys(_flat(one.needs, behind)))})
        for one in expansion.subtasks
        if one.id not in gone
    ]
    last = _joined(ends, steps, behind)
    outputs = {name: value for name, value in expansion.outputs.items() if not gone.intersection(depends(value))}
    outputs |= {name: f"${{subtasks.report.output.{field}}}" for name, field in _fields(ends[0], expansion, steps[0])}
    written = {key: value for key, value in expansion.written.items() if key not in gone} | {last.id: last}
    return replace(expansion, subtasks=(*rest, last), outputs=outputs, written=written)


def _report(subtasks: Sequence[Subtask], step: Step) -> Subtask | None:
    own = [one for one in subtasks if one.id.startswith(f"{step.id}/") and one.tool == REPORT]
    return own[0] if len(own) == 1 and isinstance(own[0].args.get("sections"), list) else None


def _is_needed(expansion: Expansion, gone: set[str]) -> bool:
    """Whether anything but order depends on one of the reports."""
    for one in expansion.subtasks:
        after = [dict(call.args) for call in (one.compensate, one.verify) if call is not None]
        if one.id not in gone and gone.intersection(depends([expressions_before(one), *after])):
            return True
    return any(subtask.id == "report" for subtask in expansion.subtasks)


def _flat(needs: Sequence[str], behind: Mapping[str, Sequence[str]]) -> list[str]:
    return [deeper for need in needs for deeper in behind.get(need, (need,))]


def _joined(ends: Sequence[Subtask], steps: Sequence[Step], behind: Mapping[str, Sequence[str]]) -> Subtask:
    first = ends[0]
    sections: list[Json] = []
    for end, step in zip(ends, steps, strict=True):
        about = str(end.args.get("subject") or "")
        label = f"{end.args.get('title', step.template.name)}{f' ({about})' if about.startswith('/') else ''}"
        sections += [_titled(section, label) for section in _listed(end.args.get("sections"))]
    subjects = dict.fromkeys(str(end.args.get("subject") or "") for end in ends)
    args = {
        **first.args,
        "title": " · ".join(dict.fromkeys(str(end.args.get("title", "")) for end in ends)),
        "subject": ", ".join(filter(None, subjects)),
        "sections": sections,
    }
    compensate = first.compensate
    if compensate is not None:
        moved = {name: _renamed(value, first.id) for name, value in compensate.args.items()}
        compensate = compensate.model_copy(update={"args": moved})
    needs = tuple(dict.fromkeys(need for end in ends for need in behind[end.id]))
    return first.model_copy(update={"id": "report", "args": args, "needs": needs, "compensate": compensate})


def _titled(section: Json, label: str) -> Json:
    if isinstance(section, dict) and isinstance(section.get("title"), str):
        return {**section, "title": f"{label}: {section['title']}"}
    return section


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _renamed(value: Json, old: str) -> Json:
    return value.replace(f"subtasks.{old}.", "subtasks.report.") if isinstance(value, str) else value


def _fields(first: Subtask, expansion: Expansion, step: Step) -> list[tuple[str, str]]:
    """The outputs of one report, by the names that its template gives them."""
    found: list[tuple[str, str]] = []
    prefix = f"${{subtasks.{first.id}.output."
    for name, value in expansion.outputs.items():
        if isinstance(value, str) and value.startswith(prefix):
            found.append((name.removeprefix(f"{step.id}_"), value.removeprefix(prefix).removesuffix("}")))
    return [one for one in found if one[0] in _OF_REPORT]
