"""The planner: a task in; a plan, a question, or every reason why not, out. It never guesses."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial

from aether_agents.access.roles import may_approve
from aether_agents.contracts import HighLevelTask, Json, Plan, Template, Understood
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.documents.suggestion import nearest
from aether_agents.mcp_host.files.project_scope import Visible
from aether_agents.planning.composition.composed_plan import composed, with_one_report
from aether_agents.planning.composition.draft import DRAFT
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.step_inputs import Told, tell, understood, uses_context
from aether_agents.planning.composition.template_choice import Choice, about_unused, choose, stub_answer
from aether_agents.planning.editing.graft import grafted, named_tool
from aether_agents.planning.editing.plan_edit import Refused
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.files.templates import completes
from aether_agents.planning.model.drafts import Drafts
from aether_agents.planning.model.model_planner import ModelPlanner
from aether_agents.planning.model.unfinished import Unfinished
from aether_agents.planning.planning_result import Conclusion, NotYet, Planned, Unplannable
from aether_agents.planning.routing.matcher import Matcher
from aether_agents.planning.sentence.named_contexts import contexts_in, two_contexts, without_context
from aether_agents.planning.validation.changes import Fault
from aether_agents.planning.validation.digest import digest_of, reports_folder
from aether_agents.planning.validation.expansion import expand
from aether_agents.planning.validation.live_tools import LiveTools
from aether_agents.planning.validation.plan_check import Asker, check, check_written
from aether_agents.planning.validation.structure import structure
from aether_agents.settings.model import ContextSettings, Settings

#: The context that is there without being written down: no inputs, no secrets.
_PLAIN_CONTEXT = "local"


class Planner:
    """Plans tasks from templates. One per process; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        templates: Iterable[Template],
        servers: Callable[[], Collection[str]] = tuple,
        model: ModelPlanner | None = None,
    ) -> None:
        """`servers` gives the names of the servers that may be started, listed by a worker yet or not.

        `model` drafts what no template does, where there is one.
        """
        self._settings = settings
        self._model = model
        self._templates = {template.name: template for template in templates}
        self._servers = servers

    def plan(
        self,
        task: HighLevelTask,
        catalogue: Mapping[str, CatalogueEntry],
        templates: Sequence[Template] = (),
        servers: Visible | None = None,
        unfinished: Unfinished | None = None,
    ) -> Conclusion:
        """Plan one task.

        Args:
            task: what is asked. Its `document` is run exactly, its `type` names a template; else it is matched.
            catalogue: the live tools, by server.
            templates: further templates for this task, such as its project's. A name that is taken stays taken,
                but a stub gives way.
            servers: what their names mean to this task; `catalogue` has them by the names that are said.
            unfinished: what is done of it already, where a model is to plan the rest.
        """
        known = dict(self._templates)
        for template in templates:
            if template.name not in known or completes(template, known[template.name]):
                known[template.name] = template
        name = task.context or self._settings.agent_system.cli_interface.default_context
        context = self._settings.contexts.get(name, ContextSettings() if name == _PLAIN_CONTEXT else None)
        if context is None:
            return Unplannable(f"there is no context `{name}`{nearest(name, self._settings.contexts)}", "invalid_task")
        named = contexts_in(task.description, self._settings.contexts) if task.document is None else []
        if foreign := [one.name for one in named if one.name != name]:
            return Unplannable(two_contexts(foreign[0], name), "invalid_task")
        task, words = without_context(task, named)
        seen = servers or Visible({name: name for name in self._servers()})
        live = partial(LiveTools, catalogue, seen.names, seen.elsewhere, seen.barred)
        toolbox = live()
        if task.document is not None and task.addition:
            return self._added(task, task.document, toolbox, lambda one: self.plan(one, catalogue, templates, servers))
        placed = task.model_copy(update={"context": name})
        decompose = partial(self._decompose, context=context)
        drafts = Drafts(placed, context.inputs, known, live, decompose, self._model, unfinished)
        if unfinished is not None or task.type == DRAFT:
            return drafts.rest() if unfinished is not None else drafts.wanted()
        choice = choose(task, known, lambda: Matcher(known.values()) if templates else self._matcher)
        if not isinstance(choice, Choice):
            return choice if task.type is not None else drafts.otherwise(choice)
        return self._decompose(placed, choice, known, toolbox, words, context=context)

    def _added(
        self,
        task: HighLevelTask,
        document: Template,
        toolbox: LiveTools,
        plan: Callable[[HighLevelTask], Conclusion],
    ) -> Conclusion:
        """A document with what a person's words add: a tool that they name, or whatever they would be planned as."""
        found = named_tool(task.addition, toolbox.all())
        drafted = task.drafted
        if found is None:
            alone = {"description": task.addition, "document": None, "addition": "", "refines": None}
            made = plan(task.model_copy(update=alone))
            if not isinstance(made, Planned):
                return made
            found = template_of(made.plan, task.task_id, reports_folder(self._settings.home, task.task_id))
            drafted = drafted or made.plan.origin in ("draft", "llm")
        whole = grafted(document, found)
        if isinstance(whole, Refused):
            return Unplannable(whole.why, "invalid_task")
        rest = {"document": whole, "addition": "", "inputs": {}, "type": None, "drafted": drafted}
        return plan(task.model_copy(update=rest))

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self._templates.values())

    def _decompose(
        self,
        task: HighLevelTask,
        choice: Choice,
        known: Mapping[str, Template],
        toolbox: LiveTools,
        named: Sequence[str] = (),
        *,
        context: ContextSettings,
    ) -> Conclusion:
        """`named` are the words that named the context."""
        if stub := next((step.template for step in choice.steps if step.template.is_stub), None):
            return Unplannable(stub_answer(stub, toolbox), "could_not_plan")
        asker = Asker(task.folder, task.context, context.secrets, task.assume_yes and may_approve(task.role))
        for step in choice.steps:
            if wrong := structure(step.template):
                return self._malformed(step.template, wrong, toolbox, asker)
        told = tell(choice.steps, task, context.inputs)
        idle = named if not uses_context(choice.steps, told) else ()
        if (wanting := _wanting(choice, task, told._replace(unused=(*told.unused, *idle)))) is not None:
            return wanting
        for step in choice.steps:
            toolbox.require(step.template.required_tools, step.template.name)
        template, values = _whole(choice.steps, told)
        expanded = expand(template, values, self._context(task, context), known, task.folder)
        expansion = with_one_report(expanded, choice.steps)
        checked = check(expansion, toolbox, asker, self._settings.policy)
        if expansion.faults or (checked.faults and not toolbox.waiting_for):
            return _invalid(template, checked.faults)
        if toolbox.waiting_for:
            return NotYet(toolbox.waiting_for)
        plan = Plan(
            name=template.name,
            description=template.description,
            specialist=template.specialist,
            origin=choice.origin,
            template=template.name if choice.origin == "template" and len(choice.steps) == 1 else None,
            confidence=choice.confidence,
            inputs=template.inputs,
            values=values,
            subtasks=checked.subtasks,
            outputs=expansion.outputs,
            understood=(
                *understood(choice.steps, told.bindings),
                *(Understood(text=one, as_=f"the context `{task.context}`") for one in named),
            ),
            unused=told.unused,
        )
        digest = digest_of(plan, task.task_id, reports_folder(self._settings.home, task.task_id))
        return Planned(plan.model_copy(update={"digest": digest}), told.unused, checked.warnings)

    def _malformed(self, template: Template, wrong: Sequence[Fault], toolbox: LiveTools, asker: Asker) -> Conclusion:
        """A document that cannot be expanded: its faults, and what the live tools say against the rest of it."""
        bad = {fault.location[1] for fault in wrong if fault.location[:1] == ("subtasks",) and len(fault.location) > 1}
        sound = [one for index, one in enumerate(template.subtasks) if index not in bad]
        further = check_written(sound, toolbox, asker, self._settings.policy)
        if toolbox.waiting_for:
            return NotYet(toolbox.waiting_for)  # then all of it can be told at once
        return _invalid(template, [*(fault.message for fault in wrong), *further])

    def _context(self, task: HighLevelTask, context: ContextSettings) -> dict[str, Json]:
        return {
            **context.inputs,
            "task_id": task.task_id,
            "folder": task.folder,
            "reports": reports_folder(self._settings.home, task.task_id),
            "name": task.context,
        }


def _wanting(choice: Choice, task: HighLevelTask, told: Told) -> Conclusion | None:
    """What stands against the plan before it is expanded: wrong inputs, missing ones, or words that nothing takes."""
    if told.faults:
        return Unplannable("\n".join(told.faults), "invalid_task")
    if told.asked is not None:
        return told.asked
    return about_unused(task, choice.steps, told.unused) if told.unused and not choice.named else None


def _whole(steps: Sequence[Step], told: Told) -> tuple[Template, dict[str, Json]]:
    """What is expanded: the one template with its inputs, or one that holds all steps."""
    if len(steps) == 1:
        return steps[0].template, told.bindings[0].values
    return composed(steps, told.bindings), {}


def _invalid(template: Template, faults: Iterable[str]) -> Unplannable:
    lines = "\n".join(f"- {fault}" for fault in faults)
    return Unplannable(f"`{template.name}` cannot run as it is:\n{lines}", "invalid_plan")
