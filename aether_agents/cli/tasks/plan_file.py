"""Plan files and templates at the command line: written, shown, checked."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.output import Output
from aether_agents.contracts import Template
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.templates import read_template


def write_plan(text: str, path: Path) -> None:
    """Write a plan file. It can be read, edited, reviewed, kept under version control and applied.

    Raises:
        InvalidSettings: the file cannot be written.
    """
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = f"# Made by aether-agent plan on {moment}; run it with: aether-agent apply {path}\n"
    try:
        path.write_text(head + text, encoding="utf-8")
    except OSError as error:
        raise InvalidSettings(f"{path}: cannot be written: {error.strerror}") from None


def template_text(template: Template) -> str:
    """A template as the YAML that makes it."""
    body = template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return write_document(body)


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
