"""`aether-agent prompt`."""

import click

from aether_agents.cli.project.completion import task_ids
from aether_agents.cli.session.options import examples, json_option
from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.errors import WrongStatus


@click.command("prompt", epilog=examples("aether-agent prompt 3fa9c1d2e0b7", "aether-agent prompt @last --json"))
@click.argument("task_id", type=TASK_ID, shell_complete=task_ids)
@json_option
def prompt_command(task_id: str, as_json: bool) -> None:
    """Show what the language model that wrote the plan of TASK_ID was sent, and what that cost.

    It is kept, sealed, with the plan. Where no model wrote the plan, nothing was sent anywhere.
    """
    session = Session(json_wanted=as_json)
    with session.past() as orchestrator:
        plan = orchestrator.plan_of(task_id)
    work = plan.written_by if plan is not None else None
    if work is None:
        raise WrongStatus(f"no model wrote a plan for task {task_id}: nothing was sent to one")
    if as_json:
        session.output.json(work.model_dump(mode="json"))
        return
    session.output.text(work.sent)
    tokens = f"{work.sent_tokens} tokens sent, {work.answered_tokens} answered"
    cost = f", {work.money:g} by the prices of the settings" if work.money else ""
    session.output.say(f"{work.model}: {work.requests} requests, {tokens}{cost}")
