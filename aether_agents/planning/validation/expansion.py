"""Goals become the subtasks of the templates they name, and inputs and context become values.

A subtask of a goal `g` is called `g/child`. What the plan said about the goal holds for its
subtasks: what `g` needs, they need; what needs `g`, needs all that `g` ends with; and
`${subtasks.g.output.key}` is whatever the goal's template gives as its output `key`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aether_agents.contracts import (
    InputSpec,
    Json,
    Subtask,
    Template,
    depends,
    escape,
    find,
    resolve,
    substitute,
)
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import AetherError, InvalidPlan, InvalidTask
from aether_agents.planning.inputs.coercion import coerce
from aether_agents.planning.validation.changes import first_steps
from aether_agents.planning.validation.order import needs_of, topological
from aether_agents.planning.validation.scope import Part, Scope, no_value
from aether_agents.planning.validation.structure import MAX_SUBTASKS, structure

MAX_DEPTH = 8


@dataclass(frozen=True)
class Expansion:
    """A plan without goals, with inputs and context bound; and all that was wrong on the way."""

    subtasks: tuple[Subtask, ...] = ()
    outputs: dict[str, Json] = field(default_factory=dict)
    written: dict[str, Subtask] = field(default_factory=dict)  #: by id: the subtask as its author wrote it
    faults: tuple[str, ...] = ()


def expand(
    template: Template,
    values: Mapping[str, Json],
    context: Mapping[str, Json],
    templates: Mapping[str, Template],
    folder: str = "",
) -> Expansion:
    """Expand a template whose inputs are bound. Its structure must have been checked."""
    expander = _Expander(context, templates, folder)
    part = expander.part(template, {name: escape(value) for name, value in values.items()}, (), (template.name,))
    subtasks, outputs = _without_what_never_runs(part)
    if not subtasks and not expander.faults:
        expander.faults.append(f"`{template.name}`: with these inputs every subtask is left out: nothing is to be done")
    return Expansion(tuple(subtasks), outputs, expander.written, tuple(expander.faults))


class _Expander:
    def __init__(self, context: Mapping[str, Json], templates: Mapping[str, Template], folder: str) -> None:
        self.context = context
        self.templates = templates
        self.folder = folder
        self.faults: list[str] = []
        self.count = 0
        self.written: dict[str, Subtask] = {}

    def part(
        self, template: Template, inputs: Mapping[str, Json], above: Sequence[str], trail: tuple[str, ...]
    ) -> Part:
        """A template under the ids `above`; `inputs` are expressions, `trail` the templates on the way here."""
        scope = Scope(inputs, self.context, above)
        part = Part()
        firsts = first_steps(template)
        by_id = {one.id: _still(one, firsts.get(one.id)) for one in template.subtasks}
        for name in topological({subtask.id: needs_of(subtask) for subtask in template.subtasks}):
            self.count += 1
            if self.count > MAX_SUBTASKS:
                self.faults.append(f"`{trail[0]}` expands to more than {MAX_SUBTASKS} subtasks")
                return Part()
            try:
                self._add(by_id[name], scope, part, trail)
            except AetherError as error:
                self.faults.append(f"`{scope.id(name)}`: {error}")
        for name, value in template.outputs.items():
            try:
                part.outputs[name] = substitute(value, scope.replace)
            except AetherError as error:
                self.faults.append(f"output `{name}` of `{template.name}`: {error}")
        return part

    def _add(self, subtask: Subtask, scope: Scope, part: Part, trail: tuple[str, ...]) -> None:
        if subtask.goal is not None:
            scope.goals[subtask.id] = inner = self._goal(subtask, scope, trail)
            self._adopt(subtask, inner, scope, part)
            return
        condition, never = scope.decided(subtask.if_)
        bound = scope.bound(subtask, condition)
        self.written[bound.id] = subtask
        if never:
            part.never.add(bound.id)
        part.subtasks.append(bound)

    def _adopt(self, goal: Subtask, inner: Part, scope: Scope, part: Part) -> None:
        """Take in the subtasks of a goal, with what the plan says about the goal itself."""
        condition, never = scope.decided(goal.if_)
        own_needs = goal.model_copy(update={"args": {}})  # its args are resolved where they are used
        needs = scope.ids(needs_of(own_needs))
        inside = {child.id for child in inner.subtasks}
        for child in inner.subtasks:
            changes: dict[str, object] = {}
            if not inside.intersection(child.needs):  # it would start at once
                changes["needs"] = tuple(dict.fromkeys((*child.needs, *needs)))
                if condition is not None and child.if_ is not None:
                    raise InvalidPlan(f"it has an `if`, and so has its first subtask `{child.id}`: keep one")
                if condition is not None:
                    changes["if_"] = condition
            if goal.approval != "auto" and child.review is None:
                changes["approval"] = goal.approval
            if goal.on_failure != "fail" and child.review is not None:
                raise InvalidPlan(f"`on_failure: {goal.on_failure}` cannot hold for its review `{child.id}`")
            if goal.on_failure != "fail":
                changes["on_failure"] = goal.on_failure
            part.subtasks.append(child.model_copy(update=changes))
        part.never |= inside if never else inner.never

    def _goal(self, subtask: Subtask, scope: Scope, trail: tuple[str, ...]) -> Part:
        name = str(subtask.goal)
        template = self.templates.get(name)
        where = f"`{scope.id(subtask.id)}`"
        if template is None:
            self.faults.append(f"{where}: there is no template `{name}`{nearest(name, self.templates)}")
        elif name in trail:
            self.faults.append(f"{where}: templates call each other in a ring: {' → '.join((*trail, name))}")
        elif len(trail) > MAX_DEPTH:
            self.faults.append(f"{where}: goals are nested deeper than {MAX_DEPTH}: {' → '.join((*trail, name))}")
        elif template.is_stub:
            self.faults.append(f"{where}: the template `{name}` has no subtasks yet")
        elif wrong := structure(template):
            self.faults += [f"{where}: template `{name}`: {fault.message}" for fault in wrong]
        else:
            inputs = self._inputs(subtask, template, scope, where)
            return self.part(template, inputs, (*scope.above, subtask.id), (*trail, name))
        return Part()

    def _inputs(self, subtask: Subtask, template: Template, scope: Scope, where: str) -> dict[str, Json]:
        """The inputs of a goal's template from the goal's args."""
        for name in subtask.args:
            if name not in template.inputs:
                hint = nearest(name, template.inputs)
                self.faults.append(f"{where}: the template `{template.name}` has no input `{name}`{hint}")
        inputs: dict[str, Json] = {}
        for name, spec in template.inputs.items():
            try:
                inputs[name] = self._input(subtask.args.get(name), spec, scope)
            except AetherError as error:
                inputs[name] = None
                self.faults.append(f"{where}: input `{name}` {error}")
        return inputs

    def _input(self, given: Json, spec: InputSpec, scope: Scope) -> Json:
        expression = substitute(given, scope.replace)
        if find(expression):
            return expression  # a result: the tool's own schema checks it before the call
        value = resolve(expression, no_value)
        if value is None:
            value = spec.default
        if value is None:
            if spec.required:
                raise InvalidTask("is required and not given")
            return None
        return escape(coerce(spec, value, self.folder))


def _still(subtask: Subtask, preview: str | None) -> Subtask:
    """The step that a declared change begins with: what was previewed must still hold."""
    return subtask if preview is None or subtask.unchanged else subtask.model_copy(update={"unchanged": preview})


def _without(subtask: Subtask, gone: set[str]) -> Subtask:
    """A review covers nothing that never runs."""
    if subtask.review is None or not gone.intersection(subtask.review.covers):
        return subtask
    covers = tuple(name for name in subtask.review.covers if name not in gone)
    return subtask.model_copy(update={"review": subtask.review.model_copy(update={"covers": covers})})


def _without_what_never_runs(part: Part) -> tuple[list[Subtask], dict[str, Json]]:
    """Leave out what inputs have already decided against, with all that needs it, as a run would skip it."""
    gone = set(part.never)
    kept: list[Subtask] = []
    for subtask in part.subtasks:  # in topological order
        if subtask.id in gone or gone.intersection(needs_of(subtask)):
            gone.add(subtask.id)
        else:
            kept.append(subtask)
    kept = [_without(subtask, gone) for subtask in kept]
    outputs = {name: None if gone.intersection(depends(value)) else value for name, value in part.outputs.items()}
    return kept, outputs
