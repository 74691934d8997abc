"""`aether-agent plan`."""

from pathlib import Path
from typing import Any

import click

from aether_agents.cli.plans.plan_edit import compare
from aether_agents.cli.plans.plan_review import decide, go_on
from aether_agents.cli.session.options import examples, json_option, task_options, yes_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.submission import task_from


@click.command(
    "plan",
    epilog=examples(
        'aether-agent plan "Onboard this project"',
        'aether-agent plan "Security audit of this repository" -o plan.yaml',
        'aether-agent plan "Onboard this project" --yes',
        "aether-agent plan --diff plan.yaml other.yaml",
    ),
)
@click.argument("task", required=False)
@task_options
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan to this file.")
@click.option("--diff", nargs=2, default=None, metavar="A B", help="Compare two plans: files, or ids of tasks.")
@click.option("--from", "of", type=TASK_ID, default=None, metavar="ID", help="Go on with the plan of this task.")
@yes_option
@json_option
def plan_command(
    task: str | None,
    output: Path | None,
    as_json: bool,
    yes: bool,
    diff: tuple[str, str] | None,
    of: str | None,
    **options: Any,
) -> int:
    """Show how TASK would be done: each call with its arguments and risk, and what will ask you.

    On a terminal you then run it, change it line by line (drop, add, set, move, ask, reword; ? says how) or in your
    editor, or leave it; what is other is shown. With -o it is saved, to be read, edited, and run with
    `aether-agent apply`. With --yes it is run.
    """
    session = Session(json_wanted=as_json)
    if diff is not None:
        if task is not None:
            raise click.UsageError("--diff compares two plans: leave the task out")
        return compare(session, *diff)
    if of is not None:
        if task is not None:
            raise click.UsageError("--from goes on with a plan: leave the task out")
        order = task_from(session, "a plan", {**options, "plan_only": True, "yes": yes})
        return go_on(session, of, order, save_to=output)
    if task is None:
        raise click.UsageError('say what is to be done: aether-agent plan "Onboard this project"')
    order = task_from(session, task, {**options, "plan_only": True, "yes": yes})
    return decide(session, order, save_to=output)
