"""`aether-agent worker`."""

import click

from aether_agents.cli.session.options import examples
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.worker_serving import serve_queues


@click.command(
    "worker",
    epilog=examples("aether-agent worker planner", "aether-agent worker dev security", "aether-agent worker --all"),
)
@click.argument("queues", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Serve the planner and every specialist.")
@click.option("--name", default="", metavar="NAME", help="Name of this worker (default: its queues).")
def worker_command(queues: tuple[str, ...], everything: bool, name: str) -> int:
    """Serve QUEUES (planner, or a specialist's name) in this terminal, until Ctrl-C."""
    return serve_queues(Session(), queues, everything=everything, name=name)
