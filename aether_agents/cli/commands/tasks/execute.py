"""`aether-agent execute`."""

from typing import Any

import click

from aether_agents.cli.plans.dry_run import rehearse
from aether_agents.cli.plans.plan_review import propose
from aether_agents.cli.session.options import (
    detach_option,
    examples,
    fail_on_option,
    json_option,
    task_options,
    yes_option,
)
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.submission import carry_out, task_from
from aether_agents.contracts import FailOn


@click.command(
    "execute",
    epilog=examples(
        'aether-agent execute "Security audit of this repository"',
        'aether-agent execute "Code quality assessment across these repositories" -i paths=a -i paths=b',
        'aether-agent execute "Onboard this project" --detach',
        'aether-agent execute "Security audit of this repository" --fail-on high',
    ),
)
@click.argument("task")
@task_options
@click.option("--plan-only", is_flag=True, help="Stop after planning, and show the plan.")
@click.option("--dry-run", is_flag=True, help="Call what only reads, and show what the rest would be called with.")
@yes_option
@detach_option
@fail_on_option
@json_option
def execute_command(
    task: str, as_json: bool, detach: bool, dry_run: bool, fail_on: FailOn | None, **options: Any
) -> int:
    """Do TASK: plan it, run the plan, follow it until it has ended.

    Ctrl-C cancels the task; a second one leaves at once. What it asks is asked here; without a terminal the
    command leaves with code 4 and says how to answer.

    With --dry-run what only reads is called, nobody is asked, nothing is changed, and each other call is shown: what it
    would be called with, its risk, and who would be asked.

    Leaves with 0 when it completed, whatever it found; `--fail-on high` makes findings a failure (7), for CI.
    """
    if dry_run and (detach or options["plan_only"]):
        raise click.UsageError("--dry-run shows its calls at the end: leave --detach and --plan-only out")
    if fail_on and (detach or dry_run or options["plan_only"]):
        raise click.UsageError("--fail-on is about what was found: leave --detach, --plan-only and --dry-run out")
    session = Session(json_wanted=as_json)
    order = task_from(session, task, {**options, "dry_run": dry_run})
    if order.plan_only:
        return propose(session, order)
    if dry_run:
        return rehearse(session, order)
    return carry_out(session, order, detach=detach, fail_on=fail_on)
