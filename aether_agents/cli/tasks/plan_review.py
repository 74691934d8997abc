"""Proposal: the plan of a task, shown before anything runs, and the person's decision about it."""

from pathlib import Path

from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.ending import body, ending
from aether_agents.cli.tasks.plan_edit import edited, show_changes
from aether_agents.cli.tasks.plan_file import write_plan
from aether_agents.cli.tasks.submission import carry_out, planned
from aether_agents.cli.terminal.exit_codes import COMPLETED, exit_code_of
from aether_agents.cli.terminal.output import YES
from aether_agents.cli.views.effect_list import effect_lines, effects_of
from aether_agents.cli.views.plan_preview import PlanPreview
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.contracts import HighLevelTask, Plan, new_task_id
from aether_agents.planning.files.plan_file import dump, template_of
from aether_agents.planning.linked.plan_difference import plan_difference
from aether_agents.planning.validation.digest import reports_folder

EDIT = frozenset({"e", "edit"})


def propose(session: Session, task: HighLevelTask, *, calls: bool) -> int:
    """Plan a task and show the plan; nothing runs. The exit code."""
    view, plan = planned(session, task)
    if plan is None:
        return ending(session.output, view)
    if session.output.json_wanted:
        session.output.json({**body(view), **({"calls": plan.model_dump(mode="json")["subtasks"]} if calls else {})})
    else:
        _show(session, plan, calls=calls)
    return exit_code_of(view.status, planned=True)


def decide(session: Session, task: HighLevelTask, *, save_to: Path | None) -> int:
    """Plan a task and show the plan; then save it, run it or leave it, as the person decides. The exit code."""
    view, plan = planned(session, task)
    if plan is None:
        return ending(session.output, view)
    if session.output.json_wanted and not task.assume_yes:
        session.output.json(plan)
    else:
        _show(session, plan, calls=True)
    if save_to is not None:
        write_plan(dump(plan, view.task_id, _reports(session, view.task_id)), save_to)
        session.output.good(f"saved: {save_to}")
        session.output.hint(f"run it: aether-agent apply {save_to}")
    elif task.assume_yes:
        return carry_out(session, _to_run(session, task, plan))
    elif session.may_ask and not session.output.json_wanted:
        return _ask(session, task, plan)
    return COMPLETED


def _ask(session: Session, task: HighLevelTask, plan: Plan) -> int:
    """Run the plan, change it in an editor and see what is other, or leave it: as the person says. The exit code."""
    while (said := session.output.ask("run it? [y/N] (e: edit it first)").lower()) in EDIT:
        document = edited(session, dump(plan, task.task_id, _reports(session, task.task_id)))
        if document is None:
            continue
        fresh = {"task_id": new_task_id(), "document": document, "inputs": {}, "type": None}
        changed = task.model_copy(update=fresh)
        view, made = planned(session, changed)
        if made is None:  # why is said; the plan before stays
            ending(session.output, view)
            continue
        _show(session, made, calls=True)
        before = template_of(plan, task.task_id, _reports(session, task.task_id))
        show_changes(
            session.output, plan_difference(before, template_of(made, view.task_id, _reports(session, view.task_id)))
        )
        task, plan = changed, made
    return carry_out(session, _to_run(session, task, plan)) if said in YES else COMPLETED


def _show(session: Session, plan: Plan, *, calls: bool) -> None:
    """The plan is the result: standard output, unless JSON has that for itself."""
    output = session.output
    console = output.err if output.json_wanted else output.out
    preview = PlanPreview(TaskTree(output.glyphs), session.settings.delivery.canvas_limit)
    for line in preview.lines(plan, min(console.width, 120), calls=calls):
        console.print(line, no_wrap=True, overflow="ellipsis")
    for line in effect_lines(
        effects_of(session, plan.subtasks if calls else ()), min(console.width, 120), output.glyphs.more
    ):
        console.print(line, no_wrap=True, overflow="ellipsis")


def _reports(session: Session, task_id: str) -> str:
    return reports_folder(session.settings.home, task_id)


def _to_run(session: Session, task: HighLevelTask, plan: Plan) -> HighLevelTask:
    """A task of its own that runs exactly this plan, and writes into a folder of its own."""
    document = template_of(plan, task.task_id, _reports(session, task.task_id))
    fresh = {"task_id": new_task_id(), "plan_only": False, "document": document, "inputs": {}, "type": None}
    return task.model_copy(update=fresh)
