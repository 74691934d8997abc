"""`aether-agent flower` and `metrics`."""

import click

from aether_agents.cli.session.options import examples
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.monitoring import print_metrics, serve_flower


@click.command("flower", epilog=examples("aether-agent flower", "aether-agent flower --port 8888"))
@click.option("--host", metavar="ADDRESS", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", help="Listen on that port; 0 for a free one.")
def flower_command(host: str | None, port: int | None) -> int:
    """Show queues, workers and messages in a browser: Flower, which may look and nothing else.

    Its password is made once, in AETHER_HOME. Messages carry ids only, so there is nothing secret to see.
    """
    return serve_flower(Session(), address=host, port=port)


@click.command("metrics", epilog=examples("aether-agent metrics", "aether-agent metrics | grep queue_depth"))
def metrics_command() -> int:
    """Print the numbers of this installation as Prometheus reads them; `serve` has them at /metrics."""
    return print_metrics(Session())
