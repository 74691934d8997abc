"""Overviews: the list of tasks, and one task as it stands."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import ago
from aether_agents.cli.terminal.glyphs import WARN
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.tables import Column, quiet, sign, table, verdict
from aether_agents.cli.terminal.text import plain
from aether_agents.cli.views.outcome import how_to_answer, trouble
from aether_agents.cli.views.screen import WIDEST
from aether_agents.cli.views.task_state import TaskState
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.contracts import TERMINAL_TASK, Plan, TaskStatus, TaskView, denied_by
from aether_agents.errors import NothingYet

#: Latest tasks among which those that wait are looked for.
AMONG = 1_000


def latest(session: Session, limit: int) -> list[TaskView]:
    """The latest tasks, newest first; none where nothing ever ran."""
    try:
        with session.past() as orchestrator:
            return orchestrator.tasks(limit)
    except NothingYet:
        return []


def waiting_for_a_person(session: Session, limit: int) -> list[TaskView]:
    """The latest tasks that wait for a person, with their questions; none where nothing ever ran."""
    try:
        with session.past() as orchestrator:
            waiting = [view.task_id for view in orchestrator.tasks(AMONG) if view.status is TaskStatus.WAITING]
            return [orchestrator.view(task_id) for task_id in waiting[:limit]]
    except NothingYet:
        return []


def show_tasks(output: Output, views: Sequence[TaskView], *, waiting: bool = False) -> None:
    """One line per task; those that wait with what they ask, and how to answer it."""
    if not views and waiting:
        output.say("no task waits for you")
        return
    if not views:
        output.say('no tasks yet; give one: aether-agent execute "Onboard this project"')
        return
    columns = (Column("task", keep=True), Column("status", keep=True), Column("asked", keep=True), Column("what"))
    rows = [(view.task_id, _standing(view, output), quiet(ago(view.created_at)), _what(view)) for view in views]
    output.show(table(columns, rows))
    for view in views if waiting else ():
        for asked in view.interventions:
            output.say(f"{output.error_glyphs.status['waiting_user_input']} {view.task_id}: {asked.prompt}")
            output.hint(how_to_answer(view.task_id, asked))


def show_task(output: Output, view: TaskView, plan: Plan | None) -> None:
    """The tree of a task, what it asks, and why it failed."""
    state = TaskState(view.task_id)
    state.look(view, plan)
    width = min(output.out.width, WIDEST)
    for line in TaskTree(output.glyphs).lines(state, width, datetime.now(UTC)):
        output.out.print(line, no_wrap=True, overflow="ellipsis")
    for link in _links(view):
        output.out.print(quiet(link))
    if view.status == "failed" and view.error:
        output.show(*trouble(view.model_copy(update={"subtasks": ()}), output.glyphs))
    for asked in view.interventions:
        output.say(f"{output.error_glyphs.status['waiting_user_input']} {asked.prompt}", "bold")
        output.hint(how_to_answer(view.task_id, asked))
    if view.status == "paused":
        output.hint(f"go on: aether-agent resume {view.task_id}")
    elif view.status in ("failed", "cancelled") and view.plan and not view.undoes and not view.retried_by:
        what = "ask it once more" if denied_by(view.error) else "go on where it failed"
        output.hint(f"{what}: aether-agent retry {view.task_id}")
    elif view.status not in TERMINAL_TASK and not view.interventions:
        output.hint(f"follow it: aether-agent watch {view.task_id}")


def _standing(view: TaskView, output: Output) -> Text:
    """Its status, and beside it what it found."""
    if view.verdict is not None and not view.degraded:
        return verdict(view.verdict, output.glyphs)
    if who := denied_by(view.error):
        return Text(f"{output.glyphs.status['failed']} denied by {plain(who)}", style=WARN)
    said = sign(view.status, output.glyphs, _word(view))
    return said.append(f" {output.glyphs.dot} {view.verdict.words}") if view.verdict else said


def _what(view: TaskView) -> str:
    kinds = (("retry", view.retries), ("fork", view.forks), ("undo", view.undoes))
    return "".join(f"{kind} of {other}: " for kind, other in kinds if other) + view.description


def _links(view: TaskView) -> list[str]:
    """The tasks that a task belongs to, and those that belong to it."""
    said = (
        ("goes on with", view.retries), ("fork of", view.forks), ("undoes", view.undoes),
        ("retried by", ", ".join(view.retried_by)), ("forked by", ", ".join(view.forked_by)),
        ("undone by", ", ".join(view.undone_by)),
    )  # fmt: skip
    return [f"{word} {other}" for word, other in said if other]


def _word(view: TaskView) -> str | None:
    if view.status == "running":
        return f"running {view.progress:.0%}"
    if view.degraded:
        return "degraded"
    return None
