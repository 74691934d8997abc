"""`aether-agent beat` and `schedule`."""

from typing import Any

import click

from aether_agents.cli.session.options import detach_option, examples, json_option, task_options, yes_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.schedule_change import add_schedule, remove_schedule
from aether_agents.cli.stack.schedules import (
    are_asleep,
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


@click.group(
    "schedule",
    epilog=examples('aether-agent schedule add "Back up ./shop.db every night at 2"', "aether-agent schedule list"),
)
def schedule_command() -> None:
    """What is done again and again: `schedules` of aether_agent.yaml, and what was added."""


@schedule_command.command("list", epilog=examples("aether-agent schedule list --json"))
@json_option
def list_command(as_json: bool) -> None:
    """List the schedules, when each is next due, and the result of its last slot."""
    session = Session(json_wanted=as_json)
    rows = schedule_rows(session)
    if as_json:
        session.output.json(rows_as_json(rows))
    else:
        show_schedules(session.output, rows, asleep=are_asleep(session))


@schedule_command.command(
    "add",
    context_settings={"default_map": {"priority": 3}},  # as `ScheduleSettings` has it: people go first
    epilog=examples(
        'aether-agent schedule add "Back up ./shop.db every night at 2"',
        'aether-agent schedule add "Security audit of ./api every monday at 6:30" --name audit',
    ),
)
@click.argument("sentence")
@click.option("--name", default=None, help="Its name; without it, that of its plan.")
@click.option("--crontab", default=None, help="When, instead of what the sentence says.")
@click.option("--timezone", default=None, metavar="ZONE", help="Its time zone; without it, that of this machine.")
@task_options
@yes_option
@json_option
def add_command(
    sentence: str,
    name: str | None,
    crontab: str | None,
    timezone: str | None,
    as_json: bool,
    yes: bool,
    **options: Any,
) -> int:
    """Do what SENTENCE says again and again: "… every night at 2". It is planned first, and kept sealed.

    Times are of the zone that it names ("at 02:30 Europe/Berlin"), else of this machine's, which is shown. It fires
    while the stack (or a beat) runs; what was missed meanwhile is told. With --yes what policy lets one answer ahead is
    answered.
    """
    return add_schedule(Session(json_wanted=as_json), sentence, name, (crontab, timezone), {**options, "yes": yes})


@schedule_command.command("remove", epilog=examples("aether-agent schedule remove back_up_database"))
@click.argument("name")
def remove_command(name: str) -> int:
    """Remove a schedule that was added. One of aether_agent.yaml is taken out there."""
    return remove_schedule(Session(), name)


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
