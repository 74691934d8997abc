"""`aether-agent templates`."""

from pathlib import Path

import click

from aether_agents.cli.batch.ranks import rank_templates
from aether_agents.cli.plans.plan_file import template_text
from aether_agents.cli.project.completion import templates
from aether_agents.cli.session.lookup import templates_here, the_template
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.templates.template_check import check_files
from aether_agents.cli.templates.template_list import show_template, show_templates, template_body
from aether_agents.cli.templates.template_trial import try_template
from aether_agents.contracts import Template


@click.group("templates", epilog=examples("aether-agent templates list", "aether-agent templates show security_audit"))
def templates_command() -> None:
    """What can be asked for."""


@templates_command.command("list", epilog=examples("aether-agent templates list --json"))
@json_option
def list_command(as_json: bool) -> None:
    """List the templates that hold here."""
    session = Session(json_wanted=as_json)
    found = templates_here(session)
    if as_json:
        inert = [{**stub.model_dump(mode="json", by_alias=True), "inert": True} for stub in found.stubs]
        session.output.json([template.model_dump(mode="json", by_alias=True) for template in found] + inert)
    else:
        show_templates(session, found)


@templates_command.command("show", epilog=examples("aether-agent templates show security_audit --yaml"))
@click.argument("name", shell_complete=templates)
@click.option("--yaml", "as_yaml", is_flag=True, help="As the file that would make it.")
@json_option
def show_command(name: str, as_yaml: bool, as_json: bool) -> None:
    """Show one template: its inputs, its subtasks, what it reads, creates, changes or destroys."""
    session = Session(json_wanted=as_json)
    template = the_template(session, name)
    if as_json:
        session.output.json(template_body(session, template))
    elif as_yaml:
        session.output.text(template_text(template))
    else:
        show_template(session, template)


@templates_command.command("validate", epilog=examples("aether-agent templates validate templates/*.yaml"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def validate_command(files: tuple[Path, ...]) -> int:
    """Check template or plan files: every fault with file and line.

    Tools are looked up in the tool tables of what is installed here and, where a stack runs, among its live tools,
    which say what their results have, too.
    """
    return check_files(Session(), files)


@templates_command.command("test", epilog=examples("aether-agent templates test security_audit"))
@click.argument("name", shell_complete=templates)
@json_option
def test_command(name: str, as_json: bool) -> int:
    """Run a template on the fixture that ships with it, and say whether it finds what was planted."""
    return try_template(Session(json_wanted=as_json), name)


@templates_command.command("rank", epilog=examples("aether-agent templates rank --queries asked.jsonl"))
@click.option(
    "--queries",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One request a line: id, query.",
)
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Files or folders of templates to rank in place of those that hold here; nothing of them runs.",
)
def rank_command(queries: Path, files: tuple[Path, ...]) -> None:
    """Rank the templates for each request of a file: one JSON object a line, for a scorer. Asks no broker.

    `accepted` says whether the first leads by enough, `score` how sure it is. A plan wants more: the deed that is asked
    for must be the template's, and every word accounted for.
    """
    rank_templates(Session(json_wanted=True), queries, files)


@templates_command.command("schema", epilog=examples("aether-agent templates schema > template.schema.json"))
def schema_command() -> None:
    """Print the plan language as a JSON schema, for editors and for other programs."""
    Session(json_wanted=True).output.json(Template.model_json_schema(by_alias=True))
