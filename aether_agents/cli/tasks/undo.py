"""Undoing: what would be put back is shown, with what cannot be; then it is done, as a task of its own."""

import json

from rich.text import Text

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import ending
from aether_agents.cli.tasks.submission import HINT, follow
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.text import plain
from aether_agents.cli.views.screen import screen_for
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import Json, TaskView, Undoing
from aether_agents.errors import CannotUndo


def undo(session: Session, task_id: str, *, to: str | None, yes: bool, dry_run: bool) -> int:
    """Show the result of undoing a task, and do it; the exit code.

    It is 1 when something that was changed could not be undone, even if all the rest was.

    Raises:
        WrongStatus: the task goes on, or has been undone.
        CannotUndo: there is nothing that can be.
    """
    with session.past() as orchestrator:
        found = orchestrator.undoing(task_id, to)
        _show(session.output, found)
        if dry_run:
            return _told(session.output, found, None)
        if found.document is not None and session.may_ask and not yes and not session.output.confirm("undo it?"):
            return COMPLETED
        try:
            undoing = orchestrator.undo(task_id, to, by=session.person, assume_yes=yes)
        except CannotUndo:
            if session.output.json_wanted:
                _told(session.output, found, None)
            raise
        return _told(session.output, found, _follow(session, orchestrator, undoing, found))


def _follow(session: Session, orchestrator: OrchestratorFace, task_id: str, found: Undoing) -> TaskView:
    description = found.document.description if found.document else ""
    state = TaskState(task_id, description=description)
    return follow(session, orchestrator, state, screen_for(session.output, state, hint=HINT), cancels=True)


def _told(output: Output, found: Undoing, view: TaskView | None) -> int:
    """The last words: in JSON the new task's body, with what it undoes and what it could not."""
    about: dict[str, Json] = {
        "undoes": found.task_id,
        "undone": list(found.undone),
        "cannot_be_undone": [one.model_dump(mode="json") for one in found.cannot],
    }
    if view is None:
        plan = found.document.model_dump(mode="json", exclude_defaults=True) if found.document else None
        if output.json_wanted:
            output.json({**about, "plan": plan})
        return COMPLETED
    code = ending(output, view, more=about)
    return TASK_FAILED if found.cannot and code == COMPLETED else code


def _show(output: Output, found: Undoing) -> None:
    """What would be undone, first to last, and what stays as it is."""
    console = output.err
    for step in found.document.subtasks if found.document else ():
        args = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in step.args.items())
        console.print(Text(f"{output.error_glyphs.status['pending']} {plain(step.name)}  ").append(
            plain(f"{step.tool}  {args}"), style=QUIET), no_wrap=True, overflow="ellipsis")  # fmt: skip
    for one in found.cannot:
        output.bad(f"cannot be undone: {one.subtask} ({one.tool}, {one.risk}): {one.why}")
