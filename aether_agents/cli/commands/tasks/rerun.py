"""`aether-agent retry` and `fork`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import detach_option, examples, json_option, yes_option
from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.rerun import end_first, run_again
from aether_agents.cli.terminal.typed_values import read_pairs

_dry_run = click.option("--dry-run", is_flag=True, help="Show what would run and what is taken over; run nothing.")


@click.command(
    "retry",
    epilog=examples(
        "aether-agent retry 3fa9c1d2e0b7",
        "aether-agent retry 3fa9c1d2e0b7 --from apply --dry-run",
        'aether-agent retry 3fa9c1d2e0b7 --replan "the copy on staging will do"',
        "aether-agent retry 3fa9c1d2e0b7 --with branch=fix-2 --yes",
    ),
)
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--from", "start", default="", metavar="SUBTASK", help="Run this one in any case, and what follows it.")
@click.option("--with", "inputs", metavar="NAME=VALUE", multiple=True, help="Another value of an input.")
@click.option("--replan", metavar="WORDS", help="Have the model plan what is not done anew, and tell it this.")
@_dry_run
@yes_option
@detach_option
@json_option
def retry_command(
    task_id: str,
    start: str,
    inputs: tuple[str, ...],
    replan: str | None,
    dry_run: bool,
    yes: bool,
    detach: bool,
    as_json: bool,
) -> int:
    """Go on with TASK_ID where it failed, in a task of its own.

    What failed runs, with all that depends on it and what was read for a change that is not made yet; the rest is taken
    over, and so is your yes to a call that has not changed. The difference is shown first. What may have run is asked
    about before it runs again. With --replan the model of the settings plans what is not done, at most twice; what it
    writes is shown, and runs after a yes. A task that goes on is ended first.
    """
    session = Session(json_wanted=as_json)
    told = read_pairs(inputs)

    def begin(orchestrator: OrchestratorFace) -> str:
        if replan is not None:
            end_first(orchestrator, task_id, session.person)
        return orchestrator.retry(
            task_id,
            start,
            inputs=told,
            by=session.person,
            assume_yes=yes and not dry_run,
            plan_only=dry_run,
            git=session.git,
            replan=replan,
        )

    return run_again(session, begin, yes=yes, dry_run=dry_run, detach=detach)


@click.command(
    "fork",
    epilog=examples(
        "aether-agent fork 3fa9c1d2e0b7 --at report --input title=Draft",
        "aether-agent fork 3fa9c1d2e0b7 --at scan --dry-run",
    ),
)
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--at", required=True, metavar="SUBTASK", help="The first subtask that runs; what is before it is kept.")
@click.option("--input", "-i", "inputs", metavar="NAME=VALUE", multiple=True, help="Another value of an input.")
@click.option("--template", "-t", metavar="NAME", help="Another template than the task's.")
@_dry_run
@detach_option
@json_option
def fork_command(
    task_id: str, at: str, inputs: tuple[str, ...], template: str | None, dry_run: bool, detach: bool, as_json: bool
) -> int:
    """Try what else could have become of TASK_ID, from its recorded results.

    The task itself stays as it is. Every change of the fork asks, whatever was said before.
    """
    session = Session(json_wanted=as_json)
    told = read_pairs(inputs)
    return run_again(
        session,
        lambda orchestrator: orchestrator.fork(
            task_id, at, inputs=told, template=template, by=session.person, plan_only=dry_run
        ),
        yes=False,
        dry_run=dry_run,
        detach=detach,
    )
