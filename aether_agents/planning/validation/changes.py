"""Changes: the rules of reviews, and of the steps that a template declares for what it changes."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from aether_agents.contracts import Change, Subtask, Template, find
from aether_agents.documents.document import Location
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidPlan
from aether_agents.planning.validation.order import ancestors, needs_of

#: What may be said of a review beside itself.
_OF_A_REVIEW = frozenset({"id", "name", "review", "needs", "if_"})


class Fault(NamedTuple):
    """One thing that is wrong: where in the document, and a sentence that can stand alone."""

    location: Location
    message: str


def change_faults(template: Template) -> Iterator[Fault]:
    """What is wrong with the reviews of a document, with what is to be unchanged, and with the changes it declares."""
    known = {subtask.id: subtask for subtask in template.subtasks}
    for index, subtask in enumerate(template.subtasks):
        at: Location = ("subtasks", index)
        if subtask.review is not None:
            yield from _review(subtask, known, (*at, "review"))
        if subtask.unchanged is not None:
            yield from _looks(subtask.unchanged, known, (*at, "unchanged"), f"`{subtask.id}`: `unchanged`")
            if subtask.tool is None:
                yield Fault((*at, "unchanged"), f"`{subtask.id}`: `unchanged` belongs to a call of a tool")
    needs = _needs(template)
    for index, change in enumerate(template.changes):
        yield from _Steps(change, known, needs, ("changes", index)).faults()


def is_covered(subtask: Subtask, review: Subtask, needs: Mapping[str, Collection[str]]) -> bool:
    """Whether a yes to a review covers a call: it needs the review, and what is not literal comes from what it shows.

    A secret counts as literal: what is said of it is its name.
    """
    if review.review is None or subtask.tool is None or review.id not in ancestors(subtask.id, needs):
        return False
    roots = {ref.name for ref in find([dict(subtask.args), subtask.for_each]) if ref.root == "subtasks"}
    return roots <= {review.review.of}


def first_steps(template: Template) -> dict[str, str]:
    """By the steps that a declared change begins with: the preview that must still hold before they run."""
    needs = _needs(template)
    return {
        name: change.preview
        for change in template.changes
        for name in change.apply
        if not ancestors(name, needs).intersection(change.apply)
    }


def _review(subtask: Subtask, known: Mapping[str, Subtask], at: Location) -> Iterator[Fault]:
    review = subtask.review
    if review is None:
        return
    who = f"`{subtask.id}` is a review"
    for field in sorted(subtask.model_fields_set - _OF_A_REVIEW):
        if getattr(subtask, field) != type(subtask).model_fields[field].get_default(call_default_factory=True):
            yield Fault((*at[:-1], field), f"{who}: it calls nothing, so it takes no `{field}`")
    yield from _named(review.of, known, (*at, "of"), f"{who}: `of`")
    if review.of == subtask.id or review.of in review.covers:
        yield Fault((*at, "of"), f"{who}: `of` names what is shown, an earlier call, and nothing that it covers")
    for name in review.covers:
        yield from _named(name, known, (*at, "covers"), f"{who}: `covers`")
        if name in known and known[name].tool is None:
            yield Fault((*at, "covers"), f"{who}: `covers` names calls of tools, and `{name}` is none")
    if review.of in known and known[review.of].tool is None:
        yield Fault((*at, "of"), f"{who}: `of` names the call of a tool, and `{review.of}` is none")


def _named(name: str, known: Mapping[str, Subtask], at: Location, who: str) -> Iterator[Fault]:
    if name not in known:
        yield Fault(at, f"{who} names `{name}`, which is not in the plan{nearest(name, known)}")


def _looks(name: str, known: Mapping[str, Subtask], at: Location, who: str) -> Iterator[Fault]:
    """What is looked at again is one call whose arguments are known then."""
    yield from _named(name, known, at, who)
    if name in known and (known[name].tool is None or known[name].for_each is not None):
        yield Fault(at, f"{who} names `{name}`, which is not one call of a tool")


class _Steps:
    """The steps of one declared change, held against the subtasks."""

    def __init__(
        self, change: Change, known: Mapping[str, Subtask], needs: Mapping[str, Collection[str]], at: Location
    ) -> None:
        self.change = change
        self.known = known
        self.needs = needs
        self.at = at

    def faults(self) -> Iterator[Fault]:
        """Everything that is missing for the whole circle."""
        change, known = self.change, self.known
        yield from _looks(change.preview, known, (*self.at, "preview"), "a change: `preview`")
        yield from _named(change.review, known, (*self.at, "review"), "a change: `review`")
        review = known.get(change.review)
        if review is not None and (review.review is None or review.review.of != change.preview):
            yield Fault((*self.at, "review"), f"a change: `{change.review}` is no review of `{change.preview}`")
        for name in change.verify:
            yield from _named(name, known, (*self.at, "verify"), "a change: `verify`")
        for name in change.apply:
            yield from _named(name, known, (*self.at, "apply"), "a change: `apply`")
            if name in known and known[name].tool is not None:
                yield from self._step(known[name])

    def _step(self, step: Subtask) -> Iterator[Fault]:
        at = (*self.at, "apply")
        review = self.known.get(self.change.review)
        if review is not None and review.review is not None and step.id not in review.review.covers:
            yield Fault(at, f"a change: `{self.change.review}` does not cover `{step.id}`: add it to `covers`")
        if self.change.review not in ancestors(step.id, self.needs):
            yield Fault(at, f"a change: `{step.id}` does not wait for `{self.change.review}`: add it to `needs`")
        if step.compensate is None and not self.change.irreversible:
            yield Fault(at, f"a change: `{step.id}` names no undo: give it `compensate`, or say why in `irreversible`")
        readers = [name for name in self.change.verify if step.id in ancestors(name, self.needs)]
        tools = [step.verify.tool] if step.verify else [str(self.known[name].tool) for name in readers]
        if not any(tool != step.tool for tool in tools):
            yield Fault(at, f"a change: nothing reads back what `{step.id}` did, by another tool: give it a `verify`")


def _needs(template: Template) -> dict[str, tuple[str, ...]]:
    """What each subtask waits for; of one with a malformed reference, what it says itself."""
    found: dict[str, tuple[str, ...]] = {}
    for subtask in template.subtasks:
        try:
            found[subtask.id] = needs_of(subtask)
        except InvalidPlan:
            found[subtask.id] = subtask.needs
    return found
