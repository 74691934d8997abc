"""`aether-agent mcp`."""

from pathlib import Path

import click

from aether_agents.cli.session.options import examples
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.mcp_serving import serve_mcp


@click.group("mcp", epilog=examples("aether-agent mcp serve --show", "aether-agent mcp serve --http"))
def mcp_command() -> None:
    """Our own tasks as tools of an MCP server, for editors and assistants."""


@mcp_command.command(
    "serve",
    short_help="Serve our tasks to one client.",
    epilog=examples("aether-agent mcp serve --show", "aether-agent mcp serve --http --port 0"),
)
@click.option("--http", is_flag=True, help="Over streamable HTTP, instead of standard input and output.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on over HTTP (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port over HTTP (default: 57581; 0 takes a free one).")
@click.option(
    "--token-file", type=click.Path(dir_okay=False, path_type=Path), help="File with the token (default: one is made)."
)
@click.option("--show", is_flag=True, help="Print the lines for an editor's configuration, and serve nothing.")
def serve_command(http: bool, host: str | None, port: int | None, token_file: Path | None, show: bool) -> int:
    """Serve plan, execute, status, answer, result and undo to an MCP client, in the role of a User who sees his own.

    What lets something run is never answered by a client: approvals and reviews stay with you.
    """
    return serve_mcp(Session(), http=http, host=host, port=port, token_file=token_file, show=show)
