"""`aether-agent up`, `down`, `ps` and `logs`."""

import click

from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.processes import bring_up, process_rows, show_logs, show_processes, take_down


@click.command(
    "up", epilog=examples("aether-agent up", "aether-agent up --flower", "AETHER_HOME=/srv/aether aether-agent up")
)
@click.option("--json", "as_json", is_flag=True, help="Print its processes as JSON.")
@click.option("--flower", is_flag=True, help="Run Flower there too (see `aether-agent flower --help`).")
def up_command(as_json: bool, flower: bool) -> int:
    """Start the embedded stack (a server, a worker for all queues, beat where there are schedules) and keep it."""
    return bring_up(Session(json_wanted=as_json), flower=flower)


@click.command("down", epilog=examples("aether-agent down", "aether-agent down --now"))
@click.option("--now", is_flag=True, help="Cancel the calls that are under way.")
def down_command(now: bool) -> int:
    """End the embedded stack. Its data stays on disk: tasks go on when it is started again.

    Nothing new starts. Calls under way have `delivery.grace` seconds to end, and are cancelled then.
    """
    return take_down(Session(), now=now)


@click.command("ps", epilog=examples("aether-agent ps", "aether-agent ps --json"))
@json_option
def ps_command(as_json: bool) -> None:
    """List the processes of the embedded stack, or the workers on the configured broker."""
    session = Session(json_wanted=as_json)
    rows = process_rows(session)
    if as_json:
        session.output.json(rows)
    else:
        show_processes(session.output, rows)


@click.command(
    "logs",
    epilog=examples("aether-agent logs", "aether-agent logs worker --follow", "aether-agent logs --task 3f1c9a20b7de"),
)
@click.argument("names", nargs=-1)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is added.")
@click.option("--lines", "-n", type=click.IntRange(min=0), default=50, show_default=True, help="Last lines of each.")
@click.option("--task", "task_id", default="", metavar="ID", help="Only what was said on behalf of this task.")
def logs_command(names: tuple[str, ...], follow: bool, lines: int, task_id: str) -> int:
    """Show what the processes of the embedded stack wrote (`ps` names them). Without NAMES, all.

    In front of a deployment: what the journal of this machine has of its units, else where its processes write.
    """
    return show_logs(Session(), names, follow=follow, lines=lines, task_id=task_id)
