"""The program: a click group whose commands are imported when they are called, and not before."""

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from aether_agents.cli.command_index import COMMANDS, SUGGESTIONS
from aether_agents.cli.terminal.exit_codes import forget_output, leave_well
from aether_agents.cli.terminal.system_errors import hold_streams
from aether_agents.process.build import build
from aether_agents.process.startup import loading

NAME = "aether-agent"
#: The Redis client imports it where it is installed, for metrics nobody asks of it: a tenth of the time of a command.
UNASKED = "opentelemetry.sdk.metrics"
#: Characters of what a list of commands says of each.
SUMMARY = 60
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    hold_streams()
    sys.modules.setdefault(UNASKED, None)  # type: ignore[arg-type]
    arguments = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in arguments
    sys.exit(leave_well(lambda: program.main(arguments, prog_name=NAME, standalone_mode=False), debug=debug))


class Program(click.Group):
    """Lists its commands in sections from the index; imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Every command, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The command, imported now; none if there is no such command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.place
        with loading():
            command: click.Command = getattr(import_module(module), attribute)
        _accept_debug(command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; when the reader of our output has left (`| head -1`), so do we, quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return forget_output()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest known name for an unknown one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"No such command `{name}`{_nearest(name, COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """The commands by section, from the index alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for entry in COMMANDS.values():
            sections.setdefault(entry.section, []).append((entry.name, entry.summary))
        widest = max(map(len, COMMANDS))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names of commands without importing them."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell asks for it

        named = [
            CompletionItem(entry.name, help=entry.summary)
            for entry in COMMANDS.values()
            if entry.name.startswith(incomplete)
        ]
        return named or click.Command.shell_complete(self, ctx, incomplete)


def _nearest(name: str, known: Sequence[str] | dict[str, Any]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistyped name needs it

    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; `{NAME} --help` lists them"


def _accept_debug(command: click.Command) -> None:
    """Let `--debug` stand after the command too: people add it to the line they have just run."""
    if not any(parameter.name == "debug" for parameter in command.params):
        command.params.append(click.Option(["--debug"], is_flag=True, expose_value=False, hidden=True))
    command.context_settings = {**_HELP, **command.context_settings}
    if isinstance(command, click.Group):
        for child in command.commands.values():
            child.short_help = child.short_help or _summary(child.help or "")
            _accept_debug(child)


def _summary(text: str) -> str:
    """A line for a list of commands: the first sentence, or as much of it as stands whole in such a line."""
    first = " ".join(text.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")
    return f"{first if len(first) <= SUMMARY else re.split('[:;,]', first)[0]}."


@click.group(
    NAME,
    cls=Program,
    context_settings=_HELP,
    invoke_without_command=True,
    epilog="""\b
Examples:
  aether-agent execute "Onboard this project"
  aether-agent plan "Security audit of this repository" -o plan.yaml
  aether-agent tasks

Every command has --help with examples; what shows a task, a list or a result
has --json.""",
)
@click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback when something goes wrong.")
@click.version_option(build(), "-V", "--version", prog_name=NAME)
@click.pass_context
def program(context: click.Context) -> None:
    """Give it a goal; it plans, sends each subtask to the specialist that has the tools, and tells you what happens."""
    if context.invoked_subcommand is None:
        module, attribute = SUGGESTIONS
        with loading():
            show = getattr(import_module(module), attribute)
        show()
