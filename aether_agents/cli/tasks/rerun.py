"""Retry and fork: what runs again, and what is taken over, is shown; then it is done, as a task of its own."""

import time
from collections.abc import Callable

from rich.text import Text

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.submission import HINT, follow, leave_to_itself
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.glyphs import GOOD, INFO, QUIET, WARN
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.cli.terminal.text import plain
from aether_agents.cli.views.screen import screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import (
    TERMINAL_TASK,
    Answer,
    Intervention,
    Json,
    PlannedSubtask,
    Rerun,
    Shown,
    TaskStatus,
    TaskView,
)
from aether_agents.errors import WrongStatus

#: Seconds that a task may take to end before the rest of it is planned anew.
_ENDS_WITHIN = 60.0
#: Subtasks of each kind that a screen is spared beyond.
_SHOWN = 15


def run_again(
    session: Session, begin: Callable[[OrchestratorFace], str], *, yes: bool, dry_run: bool, detach: bool
) -> int:
    """Begin a task that runs another again, show the difference and follow it; the exit code. `begin` gives its id.

    Raises:
        WrongStatus: the other one cannot be run again; the error says why.
    """
    with session.past() as orchestrator:
        session.require_worker(orchestrator)
        task_id = begin(orchestrator)
        if detach:
            session.keep()
            return leave_to_itself(session.output, task_id)
        view = _planned(session, orchestrator, task_id)
        difference = _difference(orchestrator, task_id)
        if difference is not None and (dry_run or yes or session.may_ask):
            show(session.output, difference)
        if dry_run and view.status == TaskStatus.COMPLETED:
            return _told(session.output, view, difference)
        state = TaskState(task_id, description=view.description)
        asks = _Above(session.output, session.person) if session.may_ask else None
        screen = screen_for(session.output, state, hint=HINT)
        view = follow(session, orchestrator, state, screen, cancels=True, questioner=asks)
        return ending(session.output, view, more=_about(difference))


def end_first(orchestrator: OrchestratorFace, task_id: str, person: str) -> None:
    """End a task that goes on, and wait until nothing of it runs any more: the rest of it is planned anew.

    Raises:
        WrongStatus: a call of it did not end in time.
    """
    if orchestrator.view(task_id).status in TERMINAL_TASK:
        return
    orchestrator.cancel(task_id, by=person, reason="the rest of it is planned anew")
    until = time.monotonic() + _ENDS_WITHIN
    for _ in orchestrator.follow(task_id):
        if orchestrator.view(task_id).status in TERMINAL_TASK:
            return
        if time.monotonic() > until:
            break
    raise WrongStatus(f"`{task_id}` has not ended yet: `aether-agent watch {task_id}`, then the same once more")


class _Above(Questioner):
    """Asks about a difference that stands above."""

    def ask(self, asked: Intervention, subtask: PlannedSubtask | None, shown: Shown | None = None) -> Answer | None:
        if asked.kind == "confirmation" and asked.subtask_id is None:
            asked = asked.model_copy(update={"prompt": "Do that?"})
        return super().ask(asked, subtask, shown)


def _planned(session: Session, orchestrator: OrchestratorFace, task_id: str) -> TaskView:
    """The task as soon as it is known what runs of it, or that nothing will."""
    with session.output.spinning("comparing" + session.output.error_glyphs.more):
        for _ in orchestrator.follow(task_id):
            view = orchestrator.view(task_id)
            if view.status not in (TaskStatus.PENDING, TaskStatus.PLANNING):
                return view
    return orchestrator.view(task_id)


def _difference(orchestrator: OrchestratorFace, task_id: str) -> Rerun | None:
    plan = orchestrator.plan_of(task_id)
    return plan.rerun if plan is not None else None


def _about(difference: Rerun | None) -> dict[str, Json]:
    return {"rerun": difference.model_dump(mode="json") if difference else None}


def _told(output: Output, view: TaskView, difference: Rerun | None) -> int:
    """The last words of a dry run."""
    if output.json_wanted:
        output.json({"task_id": view.task_id, "status": view.status.value, **_about(difference)})
    return COMPLETED


def show(output: Output, difference: Rerun) -> None:
    """What runs and why, what is asked first, and what is taken over."""
    signs, dot = output.error_glyphs.status, output.error_glyphs.dot
    again, kept = difference.again, difference.kept
    what = "goes on with" if difference.of.kind == "retry" else "forks"
    output.say(f"{what} {difference.of.task_id}: {len(again)} to run {dot} {len(kept)} taken over")
    for one in again[:_SHOWN]:
        line = Text(f"{signs['running']} ", style=INFO).append(plain(one.subtask)).append(f"  {one.why}", style=QUIET)
        output.err.print(line)
        if one.asks:
            sign = Text(f"  {signs['waiting_user_input']} ", style=WARN)
            output.err.print(sign.append(plain(_asked(one.asks)), style=WARN))
    if len(again) > _SHOWN:
        output.hint(f"{output.error_glyphs.more} {len(again) - _SHOWN} more to run")
    if kept:
        names = ", ".join(one.subtask for one in kept[:_SHOWN])
        rest = f" {output.error_glyphs.more} {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
        output.err.print(Text(f"{signs['completed']} ", style=GOOD).append(f"taken over: {plain(names)}{rest}", QUIET))


def _asked(why: str) -> str:
    return why if why.startswith(("asks", "the yes", "policy")) else f"asks first: {why}"
