"""`aether-agent explain`."""

import click

from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.templates.explained import explain


@click.command("explain", epilog=examples('aether-agent explain "Security audit of this repository"'))
@click.argument("sentence")
@click.option("--specialist", "--for", metavar="NAME", default=None, help="Prefer the templates of this specialist.")
@json_option
def explain_command(sentence: str, specialist: str | None, as_json: bool) -> int:
    """Show why SENTENCE means a template, or none: its words, the share each template is about, the margins.

    Nothing is started. The exit code is 5 where no template is certain.
    """
    return explain(Session(json_wanted=as_json), sentence, specialist)
