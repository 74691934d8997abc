"""`aether-agent profile`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.profile import show_profile


@click.command("profile", epilog=examples("aether-agent profile 3fa9c1d2e0b7", "aether-agent profile @last --json"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@json_option
def profile_command(task_id: str, as_json: bool) -> int:
    """Show where the time of TASK_ID went: by layer, along the way that decided how long it took, and by subtask.

    It is read from the times of its events, which the store wrote; of a task that goes on, up to now.
    """
    return show_profile(Session(json_wanted=as_json), task_id)
