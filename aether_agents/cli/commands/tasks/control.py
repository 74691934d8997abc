"""`aether-agent cancel`, `pause`, `resume`, `priority` and `brake`."""

from collections.abc import Callable
from typing import Any

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.tasks.control import Choice, brake, control, prioritise

Command = Callable[..., Any]

_WHICH = (
    click.argument("task_ids", nargs=-1, type=TASK_ID, shell_complete=task_ids),
    click.option("--specialist", metavar="NAME", help="Every open task with work left for this specialist."),
    click.option("--owner", metavar="NAME", help="Every open task of this owner."),
    click.option("--all", "everything", is_flag=True, help="Every open task."),
)


def _which(command: Command) -> Command:
    """The tasks that a command is about: ids, or a choice."""
    for option in reversed(_WHICH):
        command = option(command)
    return command


@click.command(
    "cancel",
    epilog=examples(
        "aether-agent cancel 3fa9c1d2e0b7",
        'aether-agent cancel 3fa9c1d2e0b7 -r "wrong one"',
        "aether-agent cancel --all",
    ),
)
@_which
@click.option("--reason", "-r", default="", help="Why; it is kept with the task.")
@json_option
def cancel_command(
    task_ids: tuple[str, ...], specialist: str | None, owner: str | None, everything: bool, reason: str, as_json: bool
) -> int:
    """End tasks: nothing of them starts any more, and calls under way are cancelled at their server."""
    choice = Choice(task_ids, specialist, owner, everything)
    return control(Session(json_wanted=as_json), "cancel", choice, reason=reason)


@click.command("pause", epilog=examples("aether-agent pause 3fa9c1d2e0b7", "aether-agent pause --specialist data"))
@_which
@json_option
def pause_command(
    task_ids: tuple[str, ...], specialist: str | None, owner: str | None, everything: bool, as_json: bool
) -> int:
    """Start nothing new of tasks until they are resumed; calls under way go on to their end."""
    return control(Session(json_wanted=as_json), "pause", Choice(task_ids, specialist, owner, everything))


@click.command("resume", epilog=examples("aether-agent resume 3fa9c1d2e0b7", "aether-agent resume --owner ann"))
@_which
@json_option
def resume_command(
    task_ids: tuple[str, ...], specialist: str | None, owner: str | None, everything: bool, as_json: bool
) -> int:
    """Go on with paused tasks."""
    return control(Session(json_wanted=as_json), "resume", Choice(task_ids, specialist, owner, everything))


@click.command("priority", epilog=examples("aether-agent priority 3fa9c1d2e0b7 9"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.argument("priority", type=click.IntRange(0, 9))
@json_option
def priority_command(task_id: str, priority: int, as_json: bool) -> int:
    """Give a task another priority, 0 to 9 (the highest), while it waits or runs. Calls under way go on as they are."""
    return prioritise(Session(json_wanted=as_json), task_id, priority)


@click.command(
    "brake",
    epilog=examples("aether-agent brake on -r 'the database is being moved'", "aether-agent brake off"),
)
@click.argument("turn", type=click.Choice(["on", "off"]), required=False)
@click.option("--reason", "-r", default="", help="Why; everybody who waits sees it.")
@click.option("--cancel", is_flag=True, help="With `on`: end every open task too.")
@json_option
def brake_command(turn: str | None, reason: str, cancel: bool, as_json: bool) -> int:
    """Stop everything: nothing is planned and no call begins, in any process, until the brake is off.

    It survives restarts. Open tasks are paused and go on with `off`; calls under way go on to their end, or are
    cancelled with `--cancel`. Without an argument it says whether the brake is on.
    """
    return brake(Session(json_wanted=as_json), turn, reason=reason, cancel=cancel)
