"""The list of templates, and one of them in full."""

from rich.text import Text

from aether_agents.cli.plans.effect_list import effect_lines, effects_of
from aether_agents.cli.session.lookup import templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.contracts import Json, Template
from aether_agents.planning.files.templates import Templates
from aether_agents.planning.validation.effects import Effect


def show_templates(session: Session, templates: Templates) -> None:
    """The templates as a table, then what could not be used."""
    output = session.output
    rows = [
        (
            template.name,
            template.specialist,
            "stub" if template.is_stub else str(len(template.subtasks)),
            quiet(template.description),
        )
        for template in templates
    ]
    rows += [
        (stub.name, stub.specialist, "stub, untrusted", quiet(f"inert: {stub.description}")) for stub in templates.stubs
    ]
    columns = (Column("template", keep=True), Column("for", keep=True), Column("subtasks"), Column("does"))
    output.show(table(columns, rows))
    for fault in templates.faults:
        output.bad(fault)
    for path in templates.inert:
        output.warn(f"{path}: not trusted, so not used")
    if templates.inert or templates.stubs:
        output.hint("look at it, and decide: aether-agent trust")


def template_body(session: Session, template: Template) -> dict[str, Json]:
    """A template as JSON, with what it does to the world under `effects`."""
    found = [one.model_dump(mode="json") for one in _effects(session, template)]
    return {**template.model_dump(mode="json", by_alias=True), "effects": found}


def show_template(session: Session, template: Template) -> None:
    """One template: what it is told, what it does, how it is asked for."""
    output = session.output
    output.show(
        Text(template.description, style="bold"), Text(f"{template.name} for {template.specialist}", style=QUIET)
    )
    for name, spec in template.inputs.items():
        need = "required" if spec.required else f"default {spec.default!r}"
        output.show(Text(f"  {name}  ", style="bold").append(f"{spec.type}, {need}  {spec.description}", style=QUIET))
    for subtask in template.subtasks:
        output.show(
            Text(f"  {output.glyphs.status['pending']} {subtask.name or subtask.id}  ").append(
                subtask.tool or f"goal {subtask.goal}", style=QUIET
            )
        )
    for line in effect_lines(_effects(session, template), output.out.width, output.glyphs.more):
        output.show(line)
    if template.is_stub:
        output.warn("a stub: it has no subtasks yet, so it cannot run")
    if template.examples:
        output.hint(f'aether-agent execute "{template.examples[0]}"')


def _effects(session: Session, template: Template) -> tuple[Effect, ...]:
    return effects_of(session, template.subtasks, templates_here(session))
