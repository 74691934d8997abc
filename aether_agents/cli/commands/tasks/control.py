"""`aether-agent cancel`, `pause` and `resume`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.control import control


@click.command(
    "cancel", epilog=examples("aether-agent cancel 3fa9c1d2e0b7", 'aether-agent cancel 3fa9c1d2e0b7 -r "wrong one"')
)
@click.argument("task_ids", nargs=-1, required=True, type=TASK_ID, shell_complete=task_ids)
@click.option("--reason", "-r", default="", help="Why; it is kept with the task.")
@json_option
def cancel_command(task_ids: tuple[str, ...], reason: str, as_json: bool) -> int:
    """End tasks: nothing of them starts any more, and calls under way are cancelled at their server."""
    return control(Session(json_wanted=as_json), "cancel", task_ids, reason=reason)


@click.command("pause", epilog=examples("aether-agent pause 3fa9c1d2e0b7"))
@click.argument("task_ids", nargs=-1, required=True, type=TASK_ID, shell_complete=task_ids)
@json_option
def pause_command(task_ids: tuple[str, ...], as_json: bool) -> int:
    """Start nothing new of tasks until they are resumed; calls under way go on to their end."""
    return control(Session(json_wanted=as_json), "pause", task_ids)


@click.command("resume", epilog=examples("aether-agent resume 3fa9c1d2e0b7"))
@click.argument("task_ids", nargs=-1, required=True, type=TASK_ID, shell_complete=task_ids)
@json_option
def resume_command(task_ids: tuple[str, ...], as_json: bool) -> int:
    """Go on with paused tasks."""
    return control(Session(json_wanted=as_json), "resume", task_ids)
