"""`aether-agent config`."""

from pathlib import Path

import click

from aether_agents.cli.project.settings_list import add_sealing_key, check_settings, mark_key, show_settings
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session


@click.group("config", epilog=examples("aether-agent config show", "aether-agent config validate"))
def config_command() -> None:
    """The settings: what holds here, and what is wrong."""


@config_command.command("show", epilog=examples("aether-agent config show delivery", "aether-agent config show --json"))
@click.argument("part", required=False)
@json_option
def show_command(part: str | None, as_json: bool) -> None:
    """Show every setting, its value, and where that comes from. PART is the beginning of a key."""
    show_settings(Session(json_wanted=as_json), part or "")


@config_command.command(
    "validate", short_help="Check the settings, servers and templates.", epilog=examples("aether-agent config validate")
)
def validate_command() -> int:
    """Check the settings, servers, templates and specialists that hold here: every fault with file and line."""
    return check_settings(Session())


@config_command.command("new-key", epilog=examples("aether-agent config new-key /etc/aether/sealing.key"))
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def new_key_command(path: Path) -> None:
    """Make the file PATH with a sealing key; if it is there, put a new key before the ones it has."""
    add_sealing_key(Session(), path)


@config_command.command("mark-key", epilog=examples("aether-agent config mark-key"))
@click.option("--replace", is_flag=True, help="Also where the store is that of a key that is lost, with all it sealed.")
def mark_key_command(replace: bool) -> None:
    """Say in the store which sealing key it is that of: the newest one here.

    Whoever makes the key does this once, before a worker starts; after a new key was put first, once all processes have
    it. A process that does not have that key refuses to start.
    """
    mark_key(Session(), replace=replace)
