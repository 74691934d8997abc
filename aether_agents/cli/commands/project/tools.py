"""`aether-agent tools`."""

from pathlib import Path
from typing import Any

import click

from aether_agents.cli.batch.ranks import rank_tools
from aether_agents.cli.project.completion import servers
from aether_agents.cli.project.tool_call import call
from aether_agents.cli.project.tool_list import found_tools, show_tools, tool_rows
from aether_agents.cli.session.options import detach_option, examples, json_option, yes_option
from aether_agents.cli.session.session import Session

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("tools", epilog=examples("aether-agent tools list", 'aether-agent tools search "find secrets"'))
def tools_command() -> None:
    """The live tools of all specialists."""


@tools_command.command("list", epilog=examples("aether-agent tools list", "aether-agent tools list git --json"))
@click.argument("server", required=False, shell_complete=servers)
@json_option
def list_command(server: str | None, as_json: bool) -> None:
    """List the tools, of all servers or of one."""
    session = Session(json_wanted=as_json)
    with session.orchestrator() as orchestrator:
        tools = tool_rows(orchestrator.catalogue(), server)
    if as_json:
        session.output.json([tool.model_dump(mode="json") for tool in tools])
    else:
        show_tools(session, tools)


@tools_command.command("rank", epilog=examples("aether-agent tools rank --catalogue tools.jsonl --queries asked.jsonl"))
@click.option("--catalogue", required=True, type=FILE, help="One tool a line: id, name, description, server, params.")
@click.option("--queries", required=True, type=FILE, help="One request a line: id, query.")
def rank_command(catalogue: Path, queries: Path) -> None:
    """Rank the tools of a file for each request of another: one JSON object a line, for a scorer. Asks no broker.

    `accepted` says whether the first is sure enough, `score` how sure it is.
    """
    rank_tools(Session(json_wanted=True), catalogue, queries)


@tools_command.command("search", epilog=examples('aether-agent tools search "find secrets"'))
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, show_default=True, help="How many.")
@json_option
def search_command(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find tools by what they do, best first."""
    session = Session(json_wanted=as_json)
    with session.orchestrator() as orchestrator:
        known = tool_rows(orchestrator.catalogue(), None)
    tools = found_tools(known, " ".join(words), limit)
    if as_json:
        session.output.json([tool.model_dump(mode="json") for tool in tools])
    else:
        show_tools(session, tools, known=bool(known))


@tools_command.command(
    "call",
    epilog=examples(
        "aether-agent tools call git/git_log repo_path=. max_count=3",
        """aether-agent tools call secrets/scan --args '{"path": "."}' --json""",
    ),
)
@click.argument("tool", metavar="SERVER/TOOL")
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--args", "text", metavar="JSON", help="All arguments as one JSON object.")
@click.option("--context", "-c", metavar="NAME", help="Context to run in (default: the settings' own).")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Seconds it may take.")
@yes_option
@detach_option
@json_option
def call_command(tool: str, pairs: tuple[str, ...], text: str | None, as_json: bool, **options: Any) -> int:
    """Call one tool: a task of one subtask, with the same policy, approvals and record as any other."""
    return call(Session(json_wanted=as_json), tool, (pairs, text), options)
