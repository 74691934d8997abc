"""`aether-agent tasks`, `status` and `result`."""

import click

from aether_agents.cli.plans.dry_run import dry_ending
from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, fail_on_option, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.ending import body, ending
from aether_agents.cli.views.task_list import latest, show_task, show_tasks, waiting_for_a_person
from aether_agents.contracts import TERMINAL_TASK, FailOn
from aether_agents.errors import WrongStatus


@click.command(
    "tasks",
    epilog=examples("aether-agent tasks", "aether-agent tasks --waiting", "aether-agent tasks --limit 5 --json"),
)
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@click.option("--waiting", is_flag=True, help="Only those that wait for a person, each with its question.")
@json_option
def tasks_command(limit: int, waiting: bool, as_json: bool) -> None:
    """List the latest tasks, newest first.

    An id may be shortened to a beginning that no other task has; `@last` is the newest.
    """
    session = Session(json_wanted=as_json)
    views = waiting_for_a_person(session, limit) if waiting else latest(session, limit)
    if as_json:
        session.output.json([body(view) for view in views])
    else:
        show_tasks(session.output, views, waiting=waiting)


@click.command("status", epilog=examples("aether-agent status 3fa9c1d2e0b7", "aether-agent status 3fa9c1d2e0b7 --json"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@json_option
def status_command(task_id: str, as_json: bool) -> None:
    """Show how a task stands, and what it asks."""
    session = Session(json_wanted=as_json)
    with session.past() as orchestrator:
        view, plan = orchestrator.view(task_id, outputs=not as_json), orchestrator.plan_of(task_id)
        session.keep_for(view)
    if as_json:
        session.output.json(body(view))
    else:
        show_task(session.output, view, plan)


@click.command("result", epilog=examples("aether-agent result 3fa9c1d2e0b7", "aether-agent result 3fa9c1d2e0b7 --json"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@fail_on_option
@json_option
def result_command(task_id: str, as_json: bool, fail_on: FailOn | None) -> int:
    """Show the result of a task. Leaves with the task's own exit code."""
    session = Session(json_wanted=as_json)
    with session.past() as orchestrator:
        view = orchestrator.view(task_id, outputs=True)
        session.keep_for(view)
        calls = orchestrator.dry_calls(task_id) if view.dry_run and view.status in TERMINAL_TASK else None
    if view.status not in TERMINAL_TASK and not view.interventions:
        raise WrongStatus(f"task {task_id} has not ended ({view.status}): aether-agent watch {task_id}")
    if calls is not None:
        return dry_ending(session, view, calls)
    return ending(session.output, view, fail_on=fail_on)
