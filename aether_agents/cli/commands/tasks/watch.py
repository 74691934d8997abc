"""`aether-agent watch` and `events`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, fail_on_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.submission import watch
from aether_agents.cli.views.event_list import show_events
from aether_agents.contracts import FailOn


@click.command("watch", epilog=examples("aether-agent watch 3fa9c1d2e0b7", "aether-agent watch 3fa9c1d2e0b7 --json"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--json", "as_json", is_flag=True, help="Print each event from now on as a line of JSON.")
@fail_on_option
def watch_command(task_id: str, as_json: bool, fail_on: FailOn | None) -> int:
    """Follow a task that is already there, and answer what it asks. Leaves with the task's own exit code.

    Ctrl-C only leaves; the task goes on.
    """
    return watch(Session(json_wanted=as_json), task_id, events=as_json, fail_on=fail_on)


@click.command(
    "events",
    epilog=examples(
        "aether-agent events 3fa9c1d2e0b7",
        "aether-agent events 3fa9c1d2e0b7 --after 12 --follow --json",
    ),
)
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="N", help="Only those after number N.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the task has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
def events_command(task_id: str, after: int, follow: bool, as_json: bool) -> None:
    """List what happened to a task, in order, from the first event on."""
    show_events(Session(json_wanted=as_json), task_id, after=after, follow=follow)
