"""`aether-agent contexts`."""

import click

from aether_agents.cli.project.context_list import context_rows, show_contexts
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session


@click.group("contexts", epilog=examples("aether-agent contexts list"))
def contexts_command() -> None:
    """Named sets of inputs and secret references."""


@contexts_command.command("list", epilog=examples("aether-agent contexts list --json"))
@json_option
def list_command(as_json: bool) -> None:
    """List the contexts a task can run in. Secrets are named, never shown."""
    session = Session(json_wanted=as_json)
    rows = context_rows(session)
    if as_json:
        session.output.json([row._asdict() for row in rows])
    else:
        show_contexts(session, rows)
