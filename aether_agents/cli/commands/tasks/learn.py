"""`aether-agent learn`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.templates.learning import learn


@click.command("learn", epilog=examples("aether-agent learn @last", "aether-agent learn 3fa9c1d2e0b7 --name check_app"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@click.option("--name", default="", help="Name of the template; made from the request without it.")
@json_option
def learn_command(task_id: str, name: str, as_json: bool) -> int:
    """Make a template of a plan that completed, or that you changed with `aether-agent plan`.

    What the request said becomes inputs, the request an example, what was recorded its fixture. It is written into the
    `templates/` of this folder, is used after `aether-agent trust`, and holds no secret.
    """
    return learn(Session(json_wanted=as_json), task_id, name)
