"""`aether-agent trust`."""

from pathlib import Path

import click

from aether_agents.cli.project.trust_review import end_own_work, forget, list_trusted, review
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.mcp_host.trust.own_repository import DAYS, MOST_DAYS


@click.command(
    "trust",
    epilog=examples(
        "aether-agent trust",
        "aether-agent trust ../project --yes",
        "aether-agent trust --mine --days 14",
        "aether-agent trust --list",
        "aether-agent trust --end",
        "aether-agent trust --forget .mcp.json",
    ),
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Trust all that is shown, and what its servers list first, unasked.")
@click.option("--mine", is_flag=True, help="Your own repository: cover your edits of the code it already runs.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, show_default=True, help="How long.")
@click.option("--list", "listed", is_flag=True, help="What was trusted on this machine, and whether it still holds.")
@click.option("--end", "ended", is_flag=True, help="Cover your own edits in PATH (or here) no more.")
@click.option("--forget", "forgotten", is_flag=True, help="Trust the file PATH no more.")
@click.option("--network", multiple=True, metavar="NAME", help="Give server NAME the machine's network; repeatable.")
@json_option
def trust_command(  # noqa: PLR0917 - click names them
    path: Path | None,
    yes: bool,
    mine: bool,
    days: int,
    listed: bool,
    ended: bool,
    forgotten: bool,
    network: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show what files of a project (PATH, or the current folder) would start or steer, and let them.

    MCP server files, templates and settings of a project do nothing until they are trusted here. A change of them, or
    of what their servers can run, asks again; data beside it does not. Nothing but this command ever trusts. With
    --mine, a person's own edits are covered while he works: no new command, variable or policy, and not after commits
    that others made. What trusted servers list is shown too, and accepted; until then, what is more than a read asks
    each time. Servers run in a sandbox: without network, unless their file says `network: true` or you give it
    to them here.
    """
    if sum((mine, listed, ended, forgotten)) > 1:
        raise click.UsageError("--mine, --list, --end and --forget are four different things: give one of them")
    if forgotten and path is None:
        raise click.UsageError("--forget needs the file: aether-agent trust --forget .mcp.json")
    if path is not None and not path.exists() and not forgotten:
        raise click.UsageError(f"there is no {path}: name a folder, or a file in one")
    session = Session(json_wanted=as_json)
    if listed:
        return list_trusted(session)
    if ended:
        return end_own_work(session, path)
    if forgotten and path:
        return forget(session, path)
    return review(session, path, yes=yes, mine=days if mine else None, network=network)
