"""`aether-agent plan`."""

from pathlib import Path
from typing import Any

import click

from aether_agents.cli.session.options import examples, json_option, task_options, yes_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.plan_review import decide
from aether_agents.cli.tasks.submission import task_from


@click.command(
    "plan",
    epilog=examples(
        'aether-agent plan "Onboard this project"',
        'aether-agent plan "Security audit of this repository" -o plan.yaml',
        'aether-agent plan "Onboard this project" --yes',
    ),
)
@click.argument("task")
@task_options
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan to this file.")
@yes_option
@json_option
def plan_command(task: str, output: Path | None, as_json: bool, yes: bool, **options: Any) -> int:
    """Show how TASK would be done: each call with its arguments and risk, and what will ask you.

    On a terminal you then run it or leave it. With -o it is saved, to be read, edited, and run with
    `aether-agent apply`. With --yes it is run.
    """
    session = Session(json_wanted=as_json)
    order = task_from(session, task, {**options, "plan_only": True, "yes": yes})
    return decide(session, order, save_to=output)
