"""Options that several commands take, each worded once."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output, nothing else there.")

_TASK_OPTIONS = (
    click.option("--input", "-i", "inputs", metavar="NAME=VALUE", multiple=True, help="An input; again for a list."),
    click.option("--context", "-c", metavar="NAME", help="Context to run in (default: the settings' own)."),
    click.option("--template", "-t", metavar="NAME", help="Use this template instead of looking for one."),
    click.option("--specialist", metavar="NAME", help="Prefer the templates of this specialist."),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="S",
        help="Seconds it may take; waiting for you does not count.",
    ),
    click.option("--priority", type=click.IntRange(0, 9), default=5, help="0 to 9, 9 the highest.", show_default=True),
)

#: The names of `contracts.FailOn`, which `--help` need not wait for.
FAIL_ON = ("critical", "high", "medium", "low", "info", "inconclusive")
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="Leave with code 7 if it finds something so bad or worse; `inconclusive`: whatever is no pass.",
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Answer yes ahead to what policy lets one answer ahead.")
detach_option = click.option("--detach", "-d", is_flag=True, help="Print the task's id and leave it to itself.")


def task_options(command: Command) -> Command:
    """What describes a task beside its goal."""
    for option in reversed(_TASK_OPTIONS):
        command = option(command)
    return command


def examples(*lines: str) -> str:
    """The last part of a help text: commands that can be copied."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
