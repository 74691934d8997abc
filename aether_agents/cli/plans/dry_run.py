"""Dry run: what only reads is called, and what the rest would be called with is shown."""

from aether_agents.cli.plans.dry_calls import dry_lines
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.submission import HINT, follow
from aether_agents.cli.views.screen import screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import TERMINAL_TASK, DryCall, HighLevelTask, TaskView

_WIDEST = 120


def rehearse(session: Session, task: HighLevelTask) -> int:
    """Carry out what of a task only reads, then show every call; the exit code."""
    with session.orchestrator() as orchestrator:
        session.require_worker(orchestrator)
        picture = TaskState(orchestrator.submit(task), description=task.description)
        view = follow(session, orchestrator, picture, screen_for(session.output, picture, hint=HINT), cancels=True)
        return dry_ending(session, view, orchestrator.dry_calls(view.task_id) if view.status in TERMINAL_TASK else [])


def dry_ending(session: Session, view: TaskView, calls: list[DryCall]) -> int:
    """Tell what a dry run found, and every call; the exit code."""
    output = session.output
    if not output.json_wanted:
        for line in dry_lines(calls, min(output.out.width, _WIDEST), output.glyphs):
            output.out.print(line, no_wrap=True, overflow="ellipsis")
    return ending(output, view, more={"calls": [call.model_dump(mode="json") for call in calls]})
