"""Plan files: a plan written down as what `apply` runs, and read back."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from aether_agents.cli.failure import COMPLETED
from aether_agents.cli.output import Output
from aether_agents.contracts import Plan, PlannedSubtask, Subtask, Template
from aether_agents.errors import InvalidSettings
from aether_agents.planning.templates import read_template

#: What planning adds to a subtask; a file holds what people write, and `apply` adds it again.
_ADDED = frozenset(PlannedSubtask.model_fields) - frozenset(Subtask.model_fields)


def template_of(plan: Plan) -> Template:
    """The plan as the document that makes it again: every input is bound already."""
    return Template.model_validate(
        {
            "name": plan.name,
            "description": plan.description,
            "specialist": plan.specialist,
            "subtasks": [_written(step) for step in plan.subtasks],
            "outputs": plan.outputs,
        }
    )


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan file. It can be read, edited, reviewed, kept under version control and applied.

    Raises:
        InvalidSettings: the file cannot be written.
    """
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = f"# Made by aether-agent plan on {moment}; run it with: aether-agent apply {path}\n"
    text = head + template_text(template_of(plan))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be written: {error.strerror}") from None


def read_plan(path: Path) -> Template:
    """Read a plan file.

    Raises:
        InvalidSettings: it is missing or wrong; every fault has file and line.
    """
    template = read_template(path)
    if template.is_stub:
        raise InvalidSettings(f"{path}:1: there is nothing to run in it: give it `subtasks`")
    return template


def _written(step: PlannedSubtask) -> dict[str, Any]:
    return step.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(_ADDED))


def template_text(template: Template) -> str:
    """A template as the YAML that makes it."""
    body = template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)


def check_files(output: Output, paths: Iterable[Path]) -> int:
    """Say of each template or plan file whether it is right; 2 if one is not."""
    worst = COMPLETED
    for path in paths:
        try:
            template = read_template(path)
        except InvalidSettings as error:
            for line in str(error).splitlines():
                output.bad(line)
            worst = error.exit_code
            continue
        size = "a stub" if template.is_stub else f"{len(template.subtasks)} subtasks"
        output.good(f"{path}: {template.name}, {size}")
    return worst
