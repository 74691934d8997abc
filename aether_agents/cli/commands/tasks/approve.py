"""`aether-agent approve`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.answers import Reply, list_open, reply_to


@click.command(
    "approve",
    epilog=examples(
        "aether-agent approve                                     (what waits, on all tasks)",
        "aether-agent approve 3fa9c1d2e0b7 --deny --comment 'not before Monday'",
        "aether-agent approve 3fa9c1d2e0b7 publish.1 --choose retry",
        "aether-agent approve 3fa9c1d2e0b7 --set branch=main      (yes, but to that)",
        "aether-agent approve 3fa9c1d2e0b7 task.1 --input paths=. --input paths=../other",
    ),
)
@click.argument("task_id", required=False, type=TASK_ID, shell_complete=task_ids)
@click.argument("intervention", required=False)
@click.option("--deny", is_flag=True, help="Say no: the safest of its choices.")
@click.option("--choose", metavar="CHOICE", help="One of its choices.")
@click.option(
    "--input", "-i", "inputs", metavar="NAME=VALUE", multiple=True, help="A value it asks for; again for a list."
)
@click.option("--comment", metavar="TEXT", default="", help="What you add; it is kept with the answer.")
@click.option(
    "--set", "changes", metavar="NAME=VALUE", multiple=True, help="Change an argument of the call; the yes is to that."
)
@click.option("--list", "only_list", is_flag=True, help="Only show what is asked.")
@json_option
def approve_command(
    task_id: str | None, intervention: str | None, as_json: bool, only_list: bool, **reply: object
) -> int:
    """Answer what TASK_ID asks: yes, unless an option says otherwise. Without TASK_ID, list all that waits.

    INTERVENTION is needed only when a task asks more than one thing.
    """
    session = Session(json_wanted=as_json)
    if task_id is None or only_list:
        return list_open(session, task_id)
    return reply_to(session, task_id, intervention, Reply.of(reply))
