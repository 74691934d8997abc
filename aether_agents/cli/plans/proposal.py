"""Proposal: a plan that waits for a person's decision, and how it is shown."""

from typing import NamedTuple

from aether_agents.cli.plans.effect_list import effect_lines, effects_of
from aether_agents.cli.plans.estimate_lines import estimate_lines
from aether_agents.cli.plans.plan_preview import PlanPreview
from aether_agents.cli.session.session import Session
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.contracts import Estimate, HighLevelTask, Plan, Template, new_task_id
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.validation.digest import reports_folder

_WIDEST = 120


class Proposal(NamedTuple):
    """A task that was only planned, and its plan."""

    task: HighLevelTask
    plan: Plan

    def reports(self, session: Session) -> str:
        """The folder of the reports that its plan names."""
        return reports_folder(session.settings.home, self.task.task_id)

    def document(self, session: Session) -> Template:
        """The plan as a plan file has it."""
        return template_of(self.plan, self.task.task_id, self.reports(session))

    def to_run(self, session: Session) -> HighLevelTask:
        """A task of its own that runs exactly this plan, and writes into a folder of its own."""
        fresh = {"task_id": new_task_id(), "plan_only": False, "document": self.document(session), "inputs": {}}
        return self.task.model_copy(update={**fresh, "type": None})


def show_plan(session: Session, made: Proposal, *, calls: bool) -> None:
    """The plan is the result: standard output, unless JSON has that for itself."""
    output = session.output
    console = output.err if output.json_wanted else output.out
    width, plan = min(console.width, _WIDEST), made.plan
    blueprint = PlanPreview(TaskTree(output.glyphs), session.settings.delivery.canvas_limit)
    lines = [*blueprint.lines(plan, width, calls=calls)]
    lines += effect_lines(effects_of(session, plan.subtasks if calls else ()), width, output.glyphs.more)
    if (found := estimated(session, made)) is not None:
        lines += estimate_lines(found, width, output.glyphs)
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis")


def estimated(session: Session, made: Proposal) -> Estimate | None:
    """What the plan takes, from what its tools took before."""
    with session.orchestrator() as orchestrator:
        return orchestrator.estimate(made.task.task_id)
