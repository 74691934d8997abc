"""Unfinished: what a task left undone, as a model is told of it; and its plan with what the model writes in that place.

What completed stays as it is, with all that it stands on. A model writes only what comes after it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from aether_agents.contracts import Json, Subtask, SubtaskStatus, Template, depends
from aether_agents.contracts.shortening import shorten
from aether_agents.contracts.view import EndedSubtask

#: Characters of an outcome and of arguments that are told.
_TOLD = 400
#: Subtasks that are told.
_MOST = 60


class Unfinished(NamedTuple):
    """The part of a task that is done, and what is known of the rest."""

    kept: tuple[Subtask, ...]  #: what completed, and what that stands on, as a plan file has it
    outputs: Mapping[str, Json]  #: those of the plan that what completed gives
    done: str  #: in words, for the model
    rest: str  #: in words: what failed and why, and what was never begun
    tools: tuple[str, ...]  #: of what is not done: `server/tool`
    doubtful: frozenset[str]  #: of calls that may have run all the same
    said: str  #: what a person said

    def faults(self, document: Template) -> list[str]:
        """Why what a model wrote does not go on with it."""
        taken = {one.id for one in self.kept}
        return [
            f"`{one.id}`: that part is done, and stays as it is: write new subtasks with other ids"
            for one in document.subtasks
            if one.id in taken
        ]

    def joined(self, document: Template) -> Template:
        """The whole plan: what is done, and what the model wrote. What may have run already is asked about."""
        new = [
            one.model_copy(update={"approval": "required"}) if one.tool in self.doubtful else one
            for one in document.subtasks
        ]
        outputs = {**self.outputs, **document.outputs}
        return document.model_copy(update={"subtasks": (*self.kept, *new), "outputs": outputs})


def unfinished_of(plan: Template, left: Sequence[EndedSubtask], doubtful: Iterable[str], said: str) -> Unfinished:
    """What is left of a plan, written as a file would have it. `doubtful` are subtasks that may have run."""
    by_id = {one.id: one for one in left}
    done = {one.id for one in plan.subtasks if _completed(by_id.get(one.id))}
    kept = _with_all_below(plan, done)
    unsure = set(doubtful)
    rest = [one for one in plan.subtasks if one.id not in kept]
    return Unfinished(
        kept=tuple(one for one in plan.subtasks if one.id in kept),
        outputs={name: value for name, value in plan.outputs.items() if set(depends(value)) <= kept},
        done="\n".join(_told(one, by_id.get(one.id)) for one in plan.subtasks[:_MOST] if one.id in kept),
        rest="\n".join(_told(one, by_id.get(one.id)) for one in rest[:_MOST]),
        tools=tuple(dict.fromkeys(one.tool for one in rest if one.tool)),
        doubtful=frozenset(one.tool for one in plan.subtasks if one.tool and one.id in unsure),
        said=said,
    )


def _completed(one: EndedSubtask | None) -> bool:
    return one is not None and one.status is SubtaskStatus.COMPLETED and one.outcome is not None


def _with_all_below(plan: Template, done: set[str]) -> set[str]:
    """What completed, what it needs, and what a yes that was given covers: without these it would not be the same."""
    by_id = {one.id: one for one in plan.subtasks}
    found: set[str] = set()
    ahead = list(done)
    while ahead:
        name = ahead.pop()
        if name in found or name not in by_id:
            continue
        found.add(name)
        ahead += _below(by_id[name])
    return found


def _below(one: Subtask) -> Iterator[str]:
    yield from one.needs
    yield from depends(one.model_dump(mode="json", exclude={"compensate"}))
    if one.review is not None:
        yield one.review.of
        yield from one.review.covers


def _told(one: Subtask, ended: EndedSubtask | None) -> str:
    """A subtask and what became of it, in a line or two."""
    work = one.tool or ("a question to a person" if one.review else one.goal or "")
    line = f"- {one.id}: {work} {shorten(json.dumps(one.args, ensure_ascii=False), _TOLD)}"
    if ended is None:
        return f"{line}: not begun"
    line = f"{line}: {ended.status.value}"
    outcome = ended.outcome
    if outcome is None:
        return line
    if outcome.error:
        return f"{line}: {shorten(' '.join(outcome.error.split()), _TOLD)}"
    return f"{line}, gives {_fields(outcome.output)}"


def _fields(output: Json) -> str:
    """What a result has, never what stands in it: results of calls stay here."""
    if isinstance(output, dict):
        return shorten(", ".join(output), _TOLD) or "nothing"
    return "a list" if isinstance(output, list) else "a value"
