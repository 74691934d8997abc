"""`aether-agent serve`."""

from pathlib import Path

import click

from aether_agents.cli.session.options import examples
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.web_serving import serve_web


@click.command(
    "serve",
    epilog=examples(
        "aether-agent serve", "aether-agent serve --port 0 --json", "aether-agent serve --token-file token"
    ),
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port (default: 57580; 0 takes a free one).")
@click.option(
    "--token-file", type=click.Path(dir_okay=False, path_type=Path), help="File with the token (default: one is made)."
)
@click.option("--json", "as_json", is_flag=True, help="Print where it listens as JSON.")
def serve_command(host: str | None, port: int | None, token_file: Path | None, as_json: bool) -> int:
    """Serve tasks to browsers and programs, until Ctrl-C: a page, a JSON API, and AgentServer over Socket.IO."""
    return serve_web(Session(json_wanted=as_json), host=host, port=port, token_file=token_file)
