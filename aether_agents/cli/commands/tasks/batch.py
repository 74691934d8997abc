"""`aether-agent batch`."""

from pathlib import Path

import click

from aether_agents.cli.batch.run import carry_out_batch
from aether_agents.cli.session.options import examples, fail_on_option, json_option
from aether_agents.cli.session.session import Session
from aether_agents.contracts import FailOn

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "batch",
    epilog=examples(
        "aether-agent batch --file tasks.yaml",
        "aether-agent batch --file tasks.yaml --parallel 4 --fresh --junit audit.xml",
    ),
)
@click.option("--file", "-f", type=_FILE, required=True, help="The tasks; see tasks.example.yaml.")
@click.option("--parallel", "-p", type=click.IntRange(1, 64), metavar="N", help="Tasks at once (else the file says).")
@click.option("--fresh", is_flag=True, help="Start over: also what has completed before.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit XML.")
@fail_on_option
@json_option
def batch_command(
    file: Path, as_json: bool, parallel: int | None, fresh: bool, junit: Path | None, fail_on: FailOn | None
) -> int:
    """Do many tasks from a file, side by side and in the order of their needs.

    Run again, it goes on where it stopped: what has completed is left alone, what goes on is joined, what failed is
    tried anew. An entry that changed is a new one. The first Ctrl-C cancels, the second leaves at once.
    """
    session = Session(json_wanted=as_json)
    return carry_out_batch(session, file, parallel=parallel, fresh=fresh, junit=junit, fail_on=fail_on)
