"""Proposal: the plan of a task, shown before anything runs, and the person's decision about it."""

from pathlib import Path

from aether_agents.cli.plans.plan_file import write_plan
from aether_agents.cli.plans.plan_session import PlanSession
from aether_agents.cli.plans.proposal import Proposal, estimated, show_plan
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import body, ending
from aether_agents.cli.tasks.submission import carry_out, planned
from aether_agents.cli.terminal.exit_codes import COMPLETED, exit_code_of
from aether_agents.contracts import HighLevelTask
from aether_agents.errors import WrongStatus
from aether_agents.planning.files.plan_file import dump


def propose(session: Session, task: HighLevelTask) -> int:
    """Plan a task and show the plan; nothing runs. The exit code."""
    with session.orchestrator():  # the stack stays until the plan is shown
        view, plan = planned(session, task)
        if plan is None:
            return ending(session.output, view)
        if session.output.json_wanted:
            session.output.json(body(view))
        else:
            show_plan(session, Proposal(task, plan), calls=False)
    return exit_code_of(view.status, planned=True)


def decide(session: Session, task: HighLevelTask, *, save_to: Path | None) -> int:
    """Plan a task and show the plan; then save it, run it, change it or leave it, as the person says. The exit code."""
    with session.orchestrator():  # the stack stays while he decides
        view, plan = planned(session, task)
        if plan is None:
            return ending(session.output, view)
        return settle(session, Proposal(task, plan), save_to=save_to)


def go_on(session: Session, task_id: str, task: HighLevelTask, *, save_to: Path | None) -> int:
    """The same with the plan of a task that was only planned before; `task` says what was said now. The exit code."""
    with session.orchestrator() as orchestrator:
        view, plan = orchestrator.view(task_id), orchestrator.plan_of(task_id)
        if plan is None or view.status != "completed":
            raise WrongStatus(f"`{task_id}` has no plan that waits to be run")
        same = task.model_copy(update={"task_id": task_id, "description": view.description})
        return settle(session, Proposal(same, plan), save_to=save_to)


def settle(session: Session, made: Proposal, *, save_to: Path | None) -> int:
    """Show a plan; then save it, run it, change it or leave it. The exit code."""
    task, plan = made
    if session.output.json_wanted and not task.assume_yes:
        found = estimated(session, made)
        told = {"estimate": found.model_dump(mode="json")} if found is not None else {}
        session.output.json({**plan.model_dump(mode="json"), **told})
    else:
        show_plan(session, made, calls=True)
    if save_to is not None:
        write_plan(dump(plan, task.task_id, made.reports(session)), save_to)
        session.output.good(f"saved: {save_to}")
        session.output.hint(f"run it: aether-agent apply {save_to}")
    elif task.assume_yes:
        return carry_out(session, made.to_run(session))
    elif session.may_ask and not session.output.json_wanted:
        chosen = PlanSession(session, made).settle()
        return COMPLETED if chosen is None else carry_out(session, chosen.to_run(session))
    elif not session.output.json_wanted:
        session.output.hint(f"change it or run it on a terminal: aether-agent plan --from {task.task_id}")
    return COMPLETED
