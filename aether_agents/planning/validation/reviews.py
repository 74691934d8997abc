"""Reviews of an expanded plan: which calls each covers, and what the live tools say against them."""

from collections.abc import Iterator, Mapping, Sequence

from aether_agents.contracts import Risk, Subtask, Tool
from aether_agents.planning.validation.changes import is_covered
from aether_agents.planning.validation.order import needs_of


class Reviews:
    """The reviews among the subtasks of one plan."""

    def __init__(self, subtasks: Sequence[Subtask]) -> None:
        self._subtasks = {subtask.id: subtask for subtask in subtasks}
        self._needs = {subtask.id: needs_of(subtask) for subtask in subtasks}
        self._over: dict[str, list[str]] = {}
        for review in subtasks:
            for name in review.review.covers if review.review else ():
                if name in self._subtasks and is_covered(self._subtasks[name], review, self._needs):
                    self._over.setdefault(name, []).append(review.id)

    def over(self, name: str) -> str | None:
        """The review that covers a call; none where it asks for itself."""
        return next(iter(self._over.get(name, ())), None)

    def faults(self, tools: Mapping[str, Tool]) -> Iterator[str]:
        """What is wrong with reviews, and with what is looked at again, by the tools that are live."""
        for name, reviews in self._over.items():
            if len(reviews) > 1:
                yield f"`{name}` is covered by {' and '.join(f'`{one}`' for one in reviews)}: one yes counts for a call"
        for subtask in self._subtasks.values():
            looked, own = tools.get(subtask.unchanged or ""), tools.get(subtask.id)
            if looked is None:
                continue
            if looked.risk_of(self._subtasks[subtask.unchanged or ""].args) is not Risk.READ:
                yield f"`{subtask.id}`: `unchanged` looks again with `{looked.ref}`, which does more than look"
            if own is not None and own.specialist != looked.specialist:
                yield (
                    f"`{subtask.id}`: `unchanged` uses `{looked.ref}` of {looked.specialist}; a specialist opens only "
                    "its own servers"
                )
