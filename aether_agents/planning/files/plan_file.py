"""A plan as a file that can be read, changed, kept under version control and applied; and back."""

from pathlib import Path
from typing import Any

from aether_agents.contracts import Plan, PlannedSubtask, Subtask, Template
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.templates import read_template
from aether_agents.planning.validation.digest import portable

#: What planning adds to a subtask: it is added again, from the live catalogue, when the file is applied.
_ADDED = frozenset(PlannedSubtask.model_fields) - frozenset(Subtask.model_fields)


def dump(plan: Plan, task_id: str = "", reports: str = "") -> str:
    """A plan as YAML, in the language templates are written in.

    Its inputs are bound, so they stand in the arguments; what the task was told is in a comment. Where the
    plan names its own task or the folder of that task's reports, the file says `${context.task_id}` and
    `${context.reports}`, so that it can be applied again.
    """
    template = template_of(plan, task_id, reports)
    document = template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _head(plan) + write_document(document)


def template_of(plan: Plan, task_id: str = "", reports: str = "") -> Template:
    """The document that makes a plan again when a task is given it to run exactly; `dump` writes it down."""
    return Template.model_validate(
        {
            "name": plan.name,
            "description": plan.description,
            "specialist": plan.specialist,
            "subtasks": [portable(_written(subtask), task_id, reports) for subtask in plan.subtasks],
            "outputs": portable(plan.outputs, task_id, reports),
        }
    )


def load(path: Path) -> Template:
    """Read a plan file, to be run exactly.

    Raises:
        InvalidSettings: it is missing, wrong, or has nothing to run; every fault has file and line.
    """
    template = read_template(path)
    if template.is_stub:
        raise InvalidSettings(f"{path}:1: there is nothing to run in it: give it `subtasks`")
    return template


def _head(plan: Plan) -> str:
    made = f"from the template {plan.template}" if plan.template else f"origin: {plan.origin}"
    lines = [f"A plan ({made}). Run it with: aether-agent apply FILE"]
    lines += [f"told: {name} = {value!r}" for name, value in plan.values.items() if value is not None]
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def _written(subtask: PlannedSubtask) -> dict[str, Any]:
    """A subtask as people write it: without what planning adds, and without what is as usual."""
    return subtask.model_dump(mode="json", by_alias=True, exclude=set(_ADDED), exclude_defaults=True)
