"""`aether-agent undo`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option, yes_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.undo import undo


@click.command(
    "undo",
    epilog=examples(
        "aether-agent undo 3fa9c1d2e0b7 --dry-run",
        "aether-agent undo 3fa9c1d2e0b7",
        "aether-agent undo 3fa9c1d2e0b7 --to preview",
    ),
)
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--to", metavar="SUBTASK", help="Go back to this subtask: it stays, what ended after it is undone.")
@click.option("--dry-run", is_flag=True, help="Show what would be undone and what cannot be; undo nothing.")
@yes_option
@json_option
def undo_command(task_id: str, to: str | None, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Put back what TASK_ID changed, in a task of its own.

    The calls that its plan names as `compensate` are made, the last change first. What has none is told as "cannot be
    undone", and the command then leaves with 1. A task is undone once; what failed of an undoing can be tried again.
    """
    return undo(Session(json_wanted=as_json), task_id, to=to, yes=yes, dry_run=dry_run)
