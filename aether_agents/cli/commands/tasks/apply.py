"""`aether-agent apply`."""

from pathlib import Path
from typing import Any

import click

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
@yes_option
@detach_option
@fail_on_option
@json_option
def apply_command(file: Path, as_json: bool, detach: bool, fail_on: FailOn | None, **options: Any) -> int:
    """Run exactly the plan in FILE, as `aether-agent plan -o` wrote it or you did."""
    if fail_on and detach:
        raise click.UsageError("--fail-on is about what was found: leave --detach out")
    session = Session(json_wanted=as_json)
    document = load(file)
    order = task_from(session, document.description or document.name, options)
    return carry_out(session, order.model_copy(update={"document": document}), detach=detach, fail_on=fail_on)
