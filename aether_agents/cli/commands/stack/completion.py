"""`aether-agent completion`."""

import click
from click.shell_completion import get_completion_class

from aether_agents.cli.session.options import examples

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=examples(
        'eval "$(aether-agent completion bash)"           (in ~/.bashrc)',
        'eval "$(aether-agent completion zsh)"            (in ~/.zshrc)',
        "aether-agent completion fish > ~/.config/fish/completions/aether-agent.fish",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, task ids and names in SHELL."""
    program = context.find_root()
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for `{shell}`")
    name = str(program.info_name)
    click.echo(kind(program.command, {}, name, f"_{name.replace('-', '_').upper()}_COMPLETE").source())
