"""`aether-agent policy`."""

from pathlib import Path

import click

from aether_agents.cli.project.policy_trial import show_policy, try_policy
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session


@click.group("policy", epilog=examples("aether-agent policy show", "aether-agent policy test cases.yaml"))
def policy_command() -> None:
    """What is denied, what asks first, and by which rule."""


@policy_command.command("show", epilog=examples("aether-agent policy show --json"))
@json_option
def show_command(as_json: bool) -> int:
    """Show the thresholds and rules that hold in this folder: yours, and what a trusted project adds."""
    return show_policy(Session(json_wanted=as_json))


@policy_command.command("test", epilog=examples("aether-agent policy test cases.yaml"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
def test_command(file: Path, as_json: bool) -> int:
    """Try the calls in FILE; leaves with 0 if policy makes of each what FILE says. Nothing is called.

    FILE has `cases`, each with `tool`, `expect` (allow, ask or deny) and what else matters of the call: `args`,
    `context`, `person`, `role`, `at`, `risk`, `rule`.
    """
    return try_policy(Session(json_wanted=as_json), file)
