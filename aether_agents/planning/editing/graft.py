"""Graft: a plan with another one behind it. Pure."""

import json
import re
from collections.abc import Mapping, Sequence

from aether_agents.contracts import Json, Subtask, Template, Tool, escape, substitute
from aether_agents.contracts.expressions.reference import Reference, render
from aether_agents.planning.editing.edit_words import typed
from aether_agents.planning.editing.plan_edit import Refused
from aether_agents.planning.validation.order import needs_of

#: Subtasks that a plan may come to have by additions.
MOST = 500


def named_tool(words: str, tools: Sequence[Tool]) -> Template | None:
    """The call of a tool that is named outright, with the arguments behind its name: `code/scan path=/a`."""
    ref, *pairs = words.split()
    tool = next((one for one in tools if one.ref == ref), None)
    if tool is None or any("=" not in pair for pair in pairs):
        return None
    args = {name: escape(typed(value)) for name, _, value in (pair.partition("=") for pair in pairs)}
    name = re.sub(r"[^a-z0-9_-]", "-", tool.name.lower())[:40].lstrip("-_0123456789") or "step"
    step = Subtask.model_validate({"id": name, "tool": tool.ref, "args": args})
    return Template(name="added", description=f"{tool.ref}", subtasks=(step,))


def grafted(plan: Template, added: Template) -> Template | Refused:
    """A plan, then what was added: it waits for all that ends the plan. Ids and outputs that are taken get a number."""
    if len(plan.subtasks) + len(added.subtasks) > MOST:
        return Refused(f"a plan has at most {MOST} subtasks")
    taken = {one.id for one in plan.subtasks}
    names: dict[str, str] = {}
    for one in added.subtasks:
        names[one.id] = _free(one.id, taken)
        taken.add(names[one.id])
    needed = {name for one in plan.subtasks for name in needs_of(one)}
    ends = tuple(one.id for one in plan.subtasks if one.id not in needed)
    behind = [_renamed(one, names, ends if not needs_of(one) else ()) for one in added.subtasks]
    outputs = dict(plan.outputs)
    for name, value in added.outputs.items():
        outputs[_free(name, set(outputs))] = _said(value, names)
    return plan.model_copy(update={"subtasks": (*plan.subtasks, *behind), "outputs": outputs})


def _free(name: str, taken: set[str]) -> str:
    stem, number = re.sub(r"-\d+$", "", name), 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name


def _renamed(one: Subtask, names: Mapping[str, str], ends: tuple[str, ...]) -> Subtask:
    """A subtask by its new id, and with the new ids of those that it names."""
    document = one.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document = {key: _said(value, names) for key, value in document.items() if key not in ("id", "needs", "review")}
    document |= {"id": names[one.id], "needs": [*(names.get(name, name) for name in one.needs), *ends]}
    if one.unchanged is not None:
        document["unchanged"] = names.get(one.unchanged, one.unchanged)
    if one.review is not None:
        covers = [names.get(name, name) for name in one.review.covers]
        document["review"] = {"of": names.get(one.review.of, one.review.of), "as": one.review.as_, "covers": covers}
    return Subtask.model_validate(json.loads(json.dumps(document)))


def _said(value: Json, names: Mapping[str, str]) -> Json:
    def place(reference: Reference) -> Json:
        if reference.root != "subtasks" or reference.name not in names:
            return reference.text
        return render("subtasks", (names[reference.name], *reference.path[1:]))

    return substitute(value, place)
