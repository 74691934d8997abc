"""`aether-agent beat` and `schedule`."""

import click

from aether_agents.cli.session.options import detach_option, examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.schedules import (
    pause_schedule,
    rows_as_json,
    run_schedule,
    schedule_rows,
    serve_beat,
    show_schedules,
)


@click.command("beat", epilog=examples("aether-agent beat", "AETHER_REDIS_URL=redis://db:6379/0 aether-agent beat"))
def beat_command() -> int:
    """Fire the schedules in this terminal, until Ctrl-C. Several may run: one fires, the others stand by.

    The embedded stack runs one by itself when there are schedules.
    """
    return serve_beat(Session())


@click.group("schedule", epilog=examples("aether-agent schedule list", "aether-agent schedule run nightly_audit"))
def schedule_command() -> None:
    """What is done again and again: `schedules` of aether_agent.yaml. Times are UTC."""


@schedule_command.command("list", epilog=examples("aether-agent schedule list --json"))
@json_option
def list_command(as_json: bool) -> None:
    """List the schedules, when each is next due, and the result of its last slot."""
    session = Session(json_wanted=as_json)
    rows = schedule_rows(session)
    if as_json:
        session.output.json(rows_as_json(rows))
    else:
        show_schedules(session.output, rows)


@schedule_command.command("run", epilog=examples("aether-agent schedule run nightly_audit --detach"))
@click.argument("name")
@detach_option
@json_option
def run_command(name: str, detach: bool, as_json: bool) -> int:
    """Run a schedule's task now."""
    return run_schedule(Session(json_wanted=as_json), name, detach=detach)


@schedule_command.command("pause", epilog=examples("aether-agent schedule pause nightly_audit"))
@click.argument("name")
def pause_command(name: str) -> int:
    """Leave out the slots of a schedule until it is resumed."""
    return pause_schedule(Session(), name, pause=True)


@schedule_command.command("resume", epilog=examples("aether-agent schedule resume nightly_audit"))
@click.argument("name")
def resume_command(name: str) -> int:
    """Go on with a paused schedule from its next slot."""
    return pause_schedule(Session(), name, pause=False)
