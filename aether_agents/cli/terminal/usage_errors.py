"""Mistakes in how a command is typed: click's words, and what to type instead."""

import re

import click

#: What click calls a number that is none.
_KINDS = {"integer": "a whole number", "float": "a number"}
_NUMBER = re.compile(r"is not a valid (integer|float)(?: range)?\.")
_NO_COMMAND = re.compile(r"No such command '[^']*'\.")


def explained(error: click.ClickException) -> click.ClickException:
    """The same error with an example of what is missing, the commands that there are, and plain words for numbers."""
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return error
    said, command = error.format_message(), error.ctx.command
    told = _NUMBER.sub(lambda found: f"is not {_KINDS[found[1]]}.", said)
    if isinstance(error, click.MissingParameter) and (example := _example(command.epilog or "")):
        told = f"{said.rstrip('.')}; for example: {example}"
    elif isinstance(command, click.Group) and _NO_COMMAND.fullmatch(said):
        told = f"{said.rstrip('.')}; there are: {', '.join(_listed(command, error.ctx))}"
    return error if told == said else click.UsageError(told, error.ctx)


def _example(epilog: str) -> str:
    """The first example of a help text."""
    return next((line.strip() for line in epilog.splitlines() if line.startswith("  ")), "")


def _listed(group: click.Group, context: click.Context) -> list[str]:
    return [name for name in group.list_commands(context) if not group.commands[name].hidden]
