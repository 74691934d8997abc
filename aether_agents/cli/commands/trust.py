"""`aether-agent trust`."""

from pathlib import Path

import click

from aether_agents.cli.options import examples, json_option
from aether_agents.cli.session import Session
from aether_agents.cli.trusting import forget, review


@click.command(
    "trust",
    epilog=examples(
        "aether-agent trust", "aether-agent trust ../project --yes", "aether-agent trust --forget .mcp.json"
    ),
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Trust all that is shown, without being asked.")
@click.option("--forget", "forgotten", is_flag=True, help="Trust the file PATH no more.")
@json_option
def trust_command(path: Path | None, yes: bool, forgotten: bool, as_json: bool) -> int:
    """Show what files of a project (PATH, or the current folder) would start or steer, and let them.

    MCP server files, templates and policy of a project do nothing until they are trusted here. Any change to
    them asks again. Nothing but this command ever trusts.
    """
    if forgotten and path is None:
        raise click.UsageError("--forget needs the file: aether-agent trust --forget .mcp.json")
    session = Session(json_wanted=as_json)
    return forget(session, path) if forgotten and path else review(session, path, yes=yes)
