"""Effects: what a template or a plan reads, creates, changes or destroys, in dry words, before anything runs.

Nothing is guessed from names: the verb comes from the tool table's risk (and its `creates`), what it is done to from
the arguments that the table marks as paths, and the way back from the subtask's `compensate`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from pydantic import Field

from aether_agents.contracts import (
    Contract,
    Json,
    PlannedSubtask,
    Reference,
    Risk,
    Subtask,
    Template,
    ToolRow,
    asks,
    resolve,
)
from aether_agents.contracts.shortening import shorten
from aether_agents.errors import InvalidPlan

Verb = Literal["reads", "creates", "changes", "destroys"]
_VERBS: Mapping[Risk, Verb] = {
    Risk.READ: "reads",
    Risk.WRITE: "changes",
    Risk.COSTLY: "changes",
    Risk.DESTRUCTIVE: "destroys",
}
_LONGEST = 160
_CONTEXT = {"folder": "this folder", "reports": "the task's report folder", "task_id": "the task's id"}


class Effect(Contract):
    """What one subtask does to the world."""

    subtask: str = Field(description="The subtask.")
    tool: str = Field(description="`server/tool`.")
    does: Verb = Field(description="What it does to it.")
    what: str = Field(description="To what: the paths among its arguments, or else all of them.")
    risk: Risk = Field(description="Risk of the call.")
    asks: bool = Field(description="Whether a person is asked first, as policy stands.")
    undo: str | None = Field(default=None, description="The tool that undoes it; none if nothing does.")


def effects(
    subtasks: Iterable[Subtask],
    row: Callable[[str], ToolRow],
    threshold: Risk,
    templates: Mapping[str, Template] | None = None,
) -> tuple[Effect, ...]:
    """The effects of subtasks, in their order.

    Args:
        subtasks: of a template or a plan.
        row: the tool table's row of a `server/tool`.
        threshold: the least risk that policy asks about.
        templates: by name, for the goals among the subtasks.
    """
    return tuple(_effects(subtasks, row, threshold, templates or {}, ()))


def _effects(
    subtasks: Iterable[Subtask],
    row: Callable[[str], ToolRow],
    threshold: Risk,
    templates: Mapping[str, Template],
    above: tuple[str, ...],
) -> Iterator[Effect]:
    for subtask in subtasks:
        inner = templates.get(subtask.goal or "")
        if inner is not None and len(above) < 8:  # noqa: PLR2004 - as deep as goals may be nested
            yield from _effects(inner.subtasks, row, threshold, templates, (*above, subtask.id))
        if subtask.tool is None:
            continue
        known = row(subtask.tool)
        risk = subtask.risk if isinstance(subtask, PlannedSubtask) else _risk(known, subtask.args)
        verb = _VERBS[risk]
        yield Effect(
            subtask="/".join((*above, subtask.id)),
            tool=subtask.tool,
            does="creates" if known.creates and verb == "changes" else verb,
            what=_what(subtask, known),
            risk=risk,
            asks=asks(risk, subtask.approval, threshold),
            undo=subtask.compensate.tool if subtask.compensate else None,
        )


def _risk(row: ToolRow, args: Mapping[str, Json]) -> Risk:
    """The risk of a call; of one whose verb is an input that is not bound yet, what it is where that is left out."""
    if row.verb is None:
        return row.risk
    bound = {name: value for name, value in args.items() if not str(value).startswith("${inputs.")}
    return row.verb.risk(bound)


def _what(subtask: Subtask, row: ToolRow) -> str:
    """What it is done to, in words; `<name>` stands for an input. What is only read on the way is said apart."""
    named = {name: _words(value, subtask) for name, value in subtask.args.items() if name in row.path_args}
    read = [words for name, words in named.items() if name in row.reads]
    touched = [words for name, words in named.items() if name not in row.reads]
    if not named:
        touched = [f"{name}={_words(value, subtask)}" for name, value in subtask.args.items()]
    text = ", ".join(touched) or ("" if read else subtask.tool or "")
    text += f"{' ' if text else ''}(reads {', '.join(read)})" if read else ""
    return shorten(text, _LONGEST)


def _words(value: Json, subtask: Subtask) -> str:
    def word(reference: Reference) -> Json:
        if reference.root == "item":
            rest = ".".join(map(str, reference.path))
            return f"{f'`{rest}` of ' if rest else ''}each of {_words(subtask.for_each, subtask)}"
        if reference.root == "subtasks":
            return f"what `{reference.name}` gives"
        if reference.root == "context":
            return _CONTEXT.get(reference.name, f"the context's {reference.name}")
        return f"<{reference.name}>"

    try:
        found = resolve(value, word)
    except InvalidPlan as error:
        return str(error)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
