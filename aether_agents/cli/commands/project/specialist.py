"""`aether-agent specialist`."""

from pathlib import Path

import click

from aether_agents.cli.session.options import examples
from aether_agents.cli.session.session import Session
from aether_agents.cli.templates.specialist_new import new_specialist


@click.group("specialist", epilog=examples("aether-agent specialist new net"))
def specialist_command() -> None:
    """Specialists of your own."""


@specialist_command.command("new", epilog=examples("aether-agent specialist new net --folder ~/net"))
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), help="Where; NAME-specialist here, if left out.")
def new_command(name: str, folder: Path | None) -> int:
    """Write the package of a specialist: a declaration, a tool table, a template with its fixture, a server.

    It runs as it is written: install it, and ask for its template.
    """
    return new_specialist(Session(), name, folder)
