"""Submission: a task handed in, followed to its end, and told about."""

from collections.abc import Mapping
from typing import Any

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.follower import Follower, attach
from aether_agents.cli.terminal.exit_codes import COMPLETED, exit_code_of
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.cli.terminal.typed_values import read_pairs
from aether_agents.cli.views.screen import Screen, screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import FailOn, HighLevelTask, Plan, TaskView
from aether_agents.errors import InvalidTask

#: What is said beside a task that this command began.
HINT = "Ctrl-C cancels the task"
_WATCH_HINT = "Ctrl-C leaves; the task goes on"


def task_from(session: Session, goal: str, options: Mapping[str, Any]) -> HighLevelTask:
    """The task that a goal and the options of a command describe.

    Raises:
        InvalidTask: an option or an input does not fit; the error names it.
    """
    if not goal.strip():
        raise InvalidTask('say what is to be done, such as "Onboard this project"')
    if wanted := options.get("specialist"):
        session.check_specialist(wanted)
    wishes = {
        "description": goal,
        "context": options.get("context") or "",
        "inputs": read_pairs(options.get("inputs") or ()),
        "priority": options.get("priority"),
        "timeout_seconds": options.get("timeout"),
        "type": options.get("template"),
        "agent_type": options.get("specialist"),
        "plan_only": bool(options.get("plan_only")),
        "dry_run": bool(options.get("dry_run")),
        "folder": str(session.folder),
    }
    said = {"assume_yes": bool(options.get("yes")), "git": session.git}
    return HighLevelTask.from_dict(wishes).model_copy(update=said)


def follow(
    session: Session,
    orchestrator: OrchestratorFace,
    state: TaskState,
    screen: Screen,
    *,
    cancels: bool,
    questioner: Questioner | None = None,
) -> TaskView:
    """Show a task until it has ended, or waits for a person who is not there; keep the stack if it goes on.

    `questioner` answers in the person's place.
    """
    answers = questioner or session.questioner()
    follower = Follower(orchestrator, state, screen, answers, cancels=cancels, idle=session.check)
    try:
        view = follower.follow()
    except KeyboardInterrupt:
        if not cancels:
            session.keep_for(orchestrator.view(state.task_id))
        raise
    session.keep_for(view, moved=cancels)
    return view


def planned(session: Session, task: HighLevelTask) -> tuple[TaskView, Plan | None]:
    """Have a task planned and no more: how it went, and the plan if there is one."""
    with session.orchestrator() as orchestrator:
        session.require_worker(orchestrator)
        state = TaskState(orchestrator.submit(task), description=task.description)
        screen = screen_for(session.output, state, passing=True, hint=HINT)
        view = follow(session, orchestrator, state, screen, cancels=True)
        return view, orchestrator.plan_of(view.task_id) if view.status == "completed" else None


def carry_out(session: Session, task: HighLevelTask, *, detach: bool = False, fail_on: FailOn | None = None) -> int:
    """Submit a task and follow it, or leave it to itself; the exit code."""
    with session.orchestrator(keep=detach) as orchestrator:
        return bring(session, orchestrator, task, detach=detach, fail_on=fail_on)


def bring(
    session: Session,
    orchestrator: OrchestratorFace,
    task: HighLevelTask,
    *,
    detach: bool = False,
    fail_on: FailOn | None = None,
) -> int:
    """Submit a task through a connected orchestrator and follow it, or leave it to itself; the exit code."""
    session.require_worker(orchestrator)
    task_id = orchestrator.submit(task)
    if detach:
        return leave_to_itself(session.output, task_id)
    state = TaskState(task_id, description=task.description)
    view = follow(session, orchestrator, state, screen_for(session.output, state, hint=HINT), cancels=True)
    return ending(session.output, view, fail_on=fail_on)


def watch(session: Session, task_id: str, *, events: bool, fail_on: FailOn | None = None) -> int:
    """Follow a task that is already there; the exit code is the task's."""
    with session.past() as orchestrator:
        state = attach(orchestrator, task_id)
        screen = screen_for(session.output, state, events=events, hint=_WATCH_HINT)
        view = follow(session, orchestrator, state, screen, cancels=False)
        if not events:
            return ending(session.output, view, fail_on=fail_on)
        return exit_code_of(view.status, planned=view.plan is not None, found=view.verdict, fail_on=fail_on)


def leave_to_itself(output: Output, task_id: str) -> int:
    """Only the id goes to standard output: it is what a script takes from here."""
    if output.json_wanted:
        output.json({"task_id": task_id, "status": "pending"})
    else:
        output.text(task_id)
        output.hint(f"follow it: aether-agent watch {task_id}")
    return COMPLETED
