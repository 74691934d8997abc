"""Plan files and templates at the command line: written and shown."""

from datetime import UTC, datetime
from pathlib import Path

from aether_agents.contracts import Template
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings


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
