"""`aether-agent apply`."""

from pathlib import Path
from typing import Any

import click

from aether_agents.cli.plans.dry_run import rehearse
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
from aether_agents.planning.files.plan_file import load


@click.command("apply", epilog=examples("aether-agent apply plan.yaml", "aether-agent apply plan.yaml --yes --json"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@task_options
@click.option("--dry-run", is_flag=True, help="Call what only reads, and show what the rest would be called with.")
@yes_option
@detach_option
@fail_on_option
@json_option
def apply_command(
    file: Path, as_json: bool, detach: bool, dry_run: bool, fail_on: FailOn | None, **options: Any
) -> int:
    """Run exactly the plan in FILE, as `aether-agent plan -o` wrote it or you did."""
    if dry_run and detach:
        raise click.UsageError("--dry-run shows its calls at the end: leave --detach out")
    if fail_on and (detach or dry_run):
        raise click.UsageError("--fail-on is about what was found: leave --detach and --dry-run out")
    session = Session(json_wanted=as_json)
    document = load(file)
    order = task_from(session, document.description or document.name, {**options, "dry_run": dry_run})
    order = order.model_copy(update={"document": document})
    return rehearse(session, order) if dry_run else carry_out(session, order, detach=detach, fail_on=fail_on)
