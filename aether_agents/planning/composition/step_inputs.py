"""What the steps of a plan are told: every input bound, or one question for all that is missing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aether_agents.contracts import HighLevelTask, InputSpec, Intervention, Json, Understood
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.inputs.binding import Binding, bind
from aether_agents.planning.inputs.proposals import with_proposals
from aether_agents.planning.planning_result import Asked

#: What a template says of the context that it runs in.
_OF_CONTEXT = re.compile(r"\$\{(?:secrets\.|context\.(?!reports\b|task_id\b|folder\b))")
#: Characters of an input that a question shows.
SHOWN = 200


class Told(NamedTuple):
    """What became of the inputs of all steps."""

    bindings: tuple[Binding, ...]
    faults: tuple[str, ...]
    asked: Asked | None
    unused: tuple[str, ...]  #: what the sentence names and no step takes


def tell(steps: Sequence[Step], task: HighLevelTask, context: Mapping[str, Json]) -> Told:
    """Bind the inputs of each step: from what was given by name, its own words, the context and defaults."""
    names = _names(steps)
    bindings = tuple(bind(step.template, _own(task, step, names[number]), context) for number, step in enumerate(steps))
    faults = tuple(dict.fromkeys((*_unknown(steps, names, task), *(fault for one in bindings for fault in one.faults))))
    unused = _unused(steps, bindings)
    return Told(bindings, faults, _asked(steps, names, bindings, task), unused)


def understood(steps: Sequence[Step], bindings: Sequence[Binding]) -> Iterator[Understood]:
    """Which part of the sentence became what."""
    for step, binding in zip(steps, bindings, strict=True):
        if step.said:
            yield Understood(text=step.said, as_=f"`{step.template.name}`")
        for part in step.taken:
            yield Understood(text=part.text, as_=_meant(step, part.kind))
        for name, texts in binding.sources.items():
            for text in texts:
                yield Understood(text=text, as_=f"`{name}` of `{step.template.name}`")


def uses_context(steps: Sequence[Step], told: Told) -> bool:
    """Whether a context makes any difference to a plan: it gives an input, or a secret."""
    told_of = any(_OF_CONTEXT.search(step.template.model_dump_json()) for step in steps)
    return told_of or any(binding.of_context for binding in told.bindings)


def _meant(step: Step, kind: str) -> str:
    if kind in ("passed", "failed"):
        return f"only if `{step.needs[-1] if step.needs else 'the step before'}` {kind}"
    if kind == "order":
        return f"after `{'`, `'.join(step.needs)}`" if step.needs else "first"
    if kind == "exception":
        return "what is left out"
    return "each one there" if kind == "each" else f"a {kind}"


def _names(steps: Sequence[Step]) -> list[dict[str, str]]:
    """Of each step: its inputs by the name a person gives them. One that several steps have is named with its step."""
    every = [name for step in steps for name in step.template.inputs]
    return [
        {(name if every.count(name) == 1 else f"{name}_of_{step.id}"): name for name in step.template.inputs}
        for step in steps
    ]


def _own(task: HighLevelTask, step: Step, names: Mapping[str, str]) -> HighLevelTask:
    """The task as one step sees it."""
    given = {own: task.inputs[said] for said, own in names.items() if task.inputs.get(said) is not None}
    shared = {name: value for name, value in task.inputs.items() if name in step.template.inputs}
    if step.id == "":
        return task
    return task.model_copy(update={"description": step.text, "inputs": {**step.inputs, **shared, **given}})


def _unknown(steps: Sequence[Step], names: Sequence[Mapping[str, str]], task: HighLevelTask) -> Iterator[str]:
    known = list(dict.fromkeys(said for one in names for pair in one.items() for said in pair))
    own = ", ".join(f"`{step.template.name}`" for step in steps)
    for name in task.inputs:
        if name not in known and steps[0].id:
            there = f"it takes {', '.join(known)}" if known else "it takes none"
            have = "has" if len(steps) == 1 else "have"
            yield f"{own} {have} no input `{name}`{nearest(name, known)}; {there}"


def _asked(
    steps: Sequence[Step], names: Sequence[Mapping[str, str]], bindings: Sequence[Binding], task: HighLevelTask
) -> Asked | None:
    fields: dict[str, InputSpec] = {}
    prompts: list[str] = []
    for step, own, binding in zip(steps, names, bindings, strict=True):
        for said, name in own.items():
            if name in binding.asked:
                fields[said], question = with_proposals(
                    name, step.template.inputs[name], binding.asked[name], task.folder
                )
                prompts.append(question if len(steps) == 1 else f"{step.id}: {question}")
    if not fields:
        return None
    if used := list(_used(steps, names, bindings, task.inputs)):
        prompts.append(f"It will use {', '.join(used)}.")
    return Asked(Intervention(id="task.1", kind="input", prompt="\n".join(prompts), fields=fields))


def _used(
    steps: Sequence[Step], names: Sequence[Mapping[str, str]], bindings: Sequence[Binding], given: Mapping[str, Json]
) -> Iterator[str]:
    """What is known already and was said, by the sentence or by name: a person sees what his answer is added to."""
    for step, own, binding in zip(steps, names, bindings, strict=True):
        for said, name in own.items():
            value = binding.values.get(name)
            is_said = name in binding.sources or said in given
            if is_said and value is not None and not step.template.inputs[name].secret:
                shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                yield f"`{said}` = {shorten(shown, SHOWN)}"


def _unused(steps: Sequence[Step], bindings: Sequence[Binding]) -> tuple[str, ...]:
    """What no step took: what two steps share may be of use to one of them only."""
    used = {text for one in bindings for texts in one.sources.values() for text in texts}
    found = [text for one in bindings for text in one.unused if text not in used]
    return tuple(dict.fromkeys((*found, *(part.text for step in steps for part in step.open))))
