"""`aether-agent doctor`."""

import click

from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.doctor import examine


@click.command("doctor", epilog=examples("aether-agent doctor", "aether-agent doctor --no-servers --json"))
@click.option("--servers/--no-servers", default=True, help="Whether MCP servers are started to see if they work.")
@click.option("--fix", is_flag=True, help="Remove what a process with another sealing key left in the catalogue.")
@json_option
def doctor_command(servers: bool, fix: bool, as_json: bool) -> int:
    """Look at all that a task needs here; say of each part whether it is well, and the fix if not.

    Leaves with 1 if something fails. A warning is something that works, but not as well as it could.
    """
    return examine(Session(json_wanted=as_json), servers=servers, repair=fix)
